using System.Text;

using Bld.Builder.Cache;
using Bld.Builder.Copy;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine;

/// <summary>What FROM and <c>--from</c> start from when they name no stage; an image is resolved once a build.</summary>
internal sealed class StageBases(EngineServices services, BuildRequest request, CancellationToken cancellation) : IDisposable
{
    private readonly OnceEach _images = new();

    /// <summary>The empty root of <c>FROM scratch</c>.</summary>
    public static StageResult Scratch(Platform platform) => new()
    {
        Config = new ImageConfig
        {
            Architecture = platform.Architecture,
            Variant = platform.Variant,
            Os = platform.Os,
            Config = new ContainerConfig
            {
                Env = platform.Os == "windows" ? null : ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                WorkingDir = "/",
            },
        },
        Top = null,
        Layers = [],
        History = [],
        Key = new CacheKeyBuilder("scratch", null).ToKey(),
    };

    /// <summary>An image of the store, pulled first when it isn't there.</summary>
    public StageResult Image(string name, Platform platform) =>
        (StageResult)_images.Get($"{platform} {name}", () => Resolve(name, platform));

    /// <summary>Begins to bring an image; what goes wrong comes out of <see cref="Image"/>.</summary>
    public void Begin(string name, Platform platform) => _images.Begin($"{platform} {name}", () => Resolve(name, platform));

    /// <inheritdoc/>
    public void Dispose() => _images.Wait();

    private StageResult Resolve(string name, Platform platform)
    {
        var used = request.SourcePolicy?.Image(name) ?? name;

        // --from and the policy are the command line's words.
        var image = Pull(used == name && name != request.From ? InContext(name) : used, platform);
        return FromImage(image) with { BaseName = NameOf(image, used) };
    }

    /// <summary>Files and directories that a Dockerfile names lie in the context, as all that it reads: whoever wrote it may not be the host's owner.</summary>
    private string InContext(string name)
    {
        if (TransportReference.TryParse(name) is not { Kind: TransportKind.Layout or TransportKind.LayoutArchive or TransportKind.DockerArchive or TransportKind.Directory } reference)
        {
            return name;
        }

        var path = RootPath.Clean(reference.Path);
        var errno = FileCalls.TryOpenResolving(
            request.Context.Root, ByteString.From(path).Span, OpenFlags.Path, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var file);
        if (errno != Errno.None)
        {
            throw new BuildException($"{name}: /{path} can't be opened in the build context: {errno.Describe()}; what a Dockerfile names lies below the context, and --build-context NAME={name} takes it from anywhere") { Word = name };
        }

        using (file)
        {
            return (reference with { Path = FileCalls.ReadLink(FileCalls.CurrentDirectory, Encoding.ASCII.GetBytes($"/proc/self/fd/{file.DangerousGetHandle()}")).ToString() }).ToString();
        }
    }

    private PulledImage Pull(string name, Platform platform)
    {
        const string NoReference = "invalid reference format";
        try
        {
            return services.Puller.Ensure(name, request.PullPolicy, platform, cancellation);
        }
        catch (RegistryException exception) when (exception.Message.StartsWith(NoReference))
        {
            throw name.Length == 0 ? new BuildException("the name of the stage or image to take from is empty: a variable in it has no value, or is not declared by ARG in this stage", exception)
                : new BuildException($"failed to parse stage name \"{name}\": {exception.Message}", exception);
        }
    }

    /// <summary>The image's full name, of which <paramref name="name"/> may be the short form; null for an image without one.</summary>
    private static string? NameOf(PulledImage image, string name) =>
        ImageNames.Candidates(name).FirstOrDefault(image.Stored.Names.Contains) ?? (image.Stored.Names is [var first, ..] ? first : null);

    /// <summary>An image whose snapshots are in the store.</summary>
    public static StageResult FromImage(PulledImage image)
    {
        var diffIds = image.Config.RootFs.DiffIds;
        var layers = new List<PendingLayer>();
        for (var i = 0; i < diffIds.Count; i++)
        {
            layers.Add(new PendingLayer(image.Snapshots[i], diffIds[i], image.Manifest.Layers[i]));
        }

        // The root's content is what later steps depend on; what of the configuration they see, they add themselves.
        var chain = ChainId.Of(diffIds);
        return new StageResult
        {
            Config = image.Config,
            Top = layers.Count > 0 ? layers[^1].Snapshot : null,
            Layers = layers,
            History = image.Config.History ?? [],
            Key = new CacheKeyBuilder("image", null).Add("root", chain?.ToString() ?? "empty").ToKey(),
            BaseLayers = layers.Count,
            InheritedHistory = image.Config.History?.Count ?? 0,
            Created = image.Config.Created,
            BaseDigest = image.Stored.ManifestDigest,
            Annotations = image.Manifest.Annotations ?? [],
        };
    }
}
