using System.Text;
using System.Text.Json;

using Bld.Builder.Cli.Templates;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Security;

namespace Bld.Builder.Cli.Inspect;

/// <summary>What <c>bld inspect</c> shows: the fields that Buildah's document has, in its order.</summary>
internal sealed record InspectDocument
{
    private const string Type = "buildah 0.0.1";

    private string FromImage { get; init; } = "";

    private string FromImageId { get; init; } = "";

    private string FromImageDigest { get; init; } = "";

    /// <summary>The base's configuration and manifest, or the image's own, as they came.</summary>
    private string RawConfig { get; init; } = "";

    private string RawManifest { get; init; } = "";

    private WorkingContainer? Container { get; init; }

    private string MountPoint { get; init; } = "";

    private GoMap Annotations { get; init; } = GoValues.Texts((IEnumerable<KeyValuePair<string, string>>?)null);

    /// <summary>The configuration to show.</summary>
    private JsonElement? Config { get; init; }

    /// <summary>The document of an image.</summary>
    public static GoStruct Of(ImageStore images, StoredImage image)
    {
        var manifest = images.ReadManifest(image);
        var config = images.ReadConfig(image);
        return new InspectDocument
        {
            FromImage = image.Names is [var first, ..] ? first : "",
            FromImageId = image.Id,
            FromImageDigest = image.ManifestDigest.ToString(),
            RawConfig = Encoding.UTF8.GetString(config),
            RawManifest = Encoding.UTF8.GetString(manifest),
            // Docker's manifests have none, and Buildah says so.
            Annotations = GoValues.Texts(ImageManifest.Parse(manifest) is var parsed && parsed.MediaType == MediaTypes.DockerManifest ? [] : parsed.Annotations),
            Config = Parse(config),
        }.ToStruct();
    }

    /// <summary>The document of a working container.</summary>
    /// <param name="images">Where its base is, if that is still there.</param>
    /// <param name="container">The container.</param>
    /// <param name="mountPoint">Where <c>bld mount</c> has mounted it; empty for nowhere.</param>
    public static GoStruct Of(ImageStore images, WorkingContainer container, string mountPoint)
    {
        var config = container.Config.ToJson();
        var based = container.ImageId.Length > 0 ? images.Find(container.ImageId) : null;
        return new InspectDocument
        {
            FromImage = container.Image,
            FromImageId = container.ImageId,
            FromImageDigest = container.ImageDigest,
            RawConfig = based is null ? "" : Encoding.UTF8.GetString(images.ReadConfig(based)),
            RawManifest = container.Manifest?.GetRawText() ?? "",
            Container = container,
            MountPoint = mountPoint,
            Annotations = GoValues.Texts(container.Annotations.Count > 0 ? container.Annotations : null),
            Config = Parse(config),
        }.ToStruct();
    }

    private GoStruct ToStruct() => new GoStruct("buildah.BuilderInfo")
        .Add("Type", Type)
        .Add("FromImage", FromImage)
        .Add("FromImageID", FromImageId)
        .Add("FromImageDigest", FromImageDigest)
        .Add("GroupAdd", GoList.Nil)
        .Add("Config", RawConfig)
        .Add("Manifest", RawManifest)
        .Add("Container", Container?.Name ?? "")
        .Add("ContainerID", Container?.Id ?? "")
        .Add("MountPoint", MountPoint)
        .Add("ProcessLabel", "")
        .Add("MountLabel", "")
        .Add("ImageAnnotations", Annotations)
        .Add("ImageCreatedBy", Container?.CreatedBy ?? "")
        .Add("OCIv1", OciImageView.Create(Config))
        .Add("Docker", DockerImageView.Create(Config))
        .Add("DefaultMountsFilePath", "")
        .Add("Isolation", Container?.Run.Isolation switch
        {
            IsolationKind.Chroot => "chroot",
            IsolationKind.Rootless => "rootless",
            _ => "oci",
        })
        .Add("NamespaceOptions", Namespaces(Container?.Run ?? new RunSettings()))
        .Add("Capabilities", Container is { } own ? GoValues.Texts(Capabilities.Adjust(own.Run.DefaultCapabilities ?? Capabilities.Default, own.Run.CapAdd, own.Run.CapDrop)) : GoList.Nil)
        .Add("ConfigureNetwork", Container?.Run.Network == NetworkKind.None ? "NetworkDisabled" : "NetworkDefault")
        .Add("CNIPluginPath", "")
        .Add("CNIConfigDir", "")
        .Add("IDMappingOptions", IdMappings(Container?.Run ?? new RunSettings()))
        .Add("History", OciImageView.History(Config))
        .Add("Devices", Container is null ? GoList.Nil : new GoList([]))
        .Add("DeviceSpecs", Container is null ? GoList.Nil : GoValues.Texts(Container.Run.Devices))
        .Add("CDIConfigDir", "");

    private static GoList Namespaces(RunSettings run)
    {
        (string Name, string? Given, bool IsHosts)[] kinds =
        [
            ("cgroup", run.CgroupNamespace, true),
            ("ipc", run.Ipc, false),
            ("mount", null, false),
            ("network", run.NetworkPath, run.Network == NetworkKind.Host),
            ("pid", run.Pid, false),
            ("user", run.Users, true),
            ("uts", run.Uts, false),
        ];
        return new GoList([.. kinds.Select(static kind => new GoStruct("define.NamespaceOption")
            .Add("Name", kind.Name)
            .Add("Host", kind.Given is null ? kind.IsHosts : kind.Given == "host")
            .Add("Path", kind.Given?.StartsWith('/') is true ? kind.Given : ""))]);
    }

    private static GoList Ranges(IReadOnlyList<string> map) => new([.. RunUsers.Map(map).Select(static range => new GoStruct("specs.LinuxIDMapping")
        .Add("ContainerID", "containerID", (long)range.ContainerId)
        .Add("HostID", "hostID", (long)range.HostId)
        .Add("Size", "size", (long)range.Size))]);

    private static GoStruct IdMappings(RunSettings run) => new GoStruct("define.IDMappingOptions")
        .Add("HostUIDMapping", !run.OwnsUsers)
        .Add("HostGIDMapping", !run.OwnsUsers)
        .Add("UIDMap", Ranges(run.UidMap))
        .Add("GIDMap", Ranges(run.GidMap))
        .Add("AutoUserNs", false)
        .Add("AutoUserNsOpts", new GoStruct("types.AutoUserNsOptions")
            .Add("Size", 0L)
            .Add("InitialSize", 0L)
            .Add("PasswdFile", "")
            .Add("GroupFile", "")
            .Add("AdditionalUIDMappings", GoList.Nil)
            .Add("AdditionalGIDMappings", GoList.Nil));

    private static JsonElement Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
