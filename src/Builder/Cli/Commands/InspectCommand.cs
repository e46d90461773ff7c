using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Inspect;
using Bld.Builder.Cli.Templates;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld inspect</c>.</summary>
internal sealed class InspectCommand : Command
{
    public override IReadOnlyList<string> Names => ["inspect"];

    public override string Summary => "Show the configuration of a working container, an image or a manifest list";

    public override string Usage => "CONTAINER|IMAGE";

    public override IReadOnlyList<string> Examples =>
        ["bld inspect busybox-working-container", "bld inspect --type image --format '{{.OCIv1.Config.Env}}' localhost/busybox"];

    public override IReadOnlyList<Flag> Flags =>
    [
        FormatFlag.Flag,
        new("type", FlagKind.Text, "container, image or manifest; without it the first that there is", 't'),
    ];

    public override int Run(CommandLine line)
    {
        var name = line.Arguments is [var only] ? only
            : line.Arguments.Count == 0 ? throw new UsageException("container or image name must be specified")
            : throw new UsageException("too many arguments specified");
        var format = FormatFlag.Read(line.Flags);
        using var session = Session.Open(line.Flags);
        var value = Find(session, name, line.Flags.Text("type") ?? "any", line.Flags.Has("type"));
        FormatFlag.Print(format, value);
        return 0;
    }

    private static object? Find(Session session, string name, string type, bool given)
    {
        if (type is not ("any" or "container" or "image" or "manifest"))
        {
            throw new UsageException("the only recognized types are \"container\", \"image\" and \"manifest\"");
        }

        if (type is "any" or "container")
        {
            if (session.Containers.Find(name) is { } container)
            {
                var mounted = HeldContainer.IsMountedAt(session.State, container.Id);
                return InspectDocument.Of(session.Images, container, mounted ? HeldContainer.PathOf(session.State, container.Id) : "");
            }

            if (given)
            {
                throw new BuildException($"reading build container: {name}: container not known");
            }
        }

        var image = session.FindImage(name) ?? throw new BuildException($"importing settings: {name}: image not known");
        return (image.IsIndex, type) switch
        {
            (true, "image") => throw new BuildException($"{name} is a manifest list and no image; use --type manifest"),
            (true, _) => Manifest(session.Images.ReadManifest(image)),
            (false, "manifest") => throw new BuildException($"{name} is an image and no manifest list; use --type image"),
            _ => InspectDocument.Of(session.Images, image),
        };
    }

    private static object? Manifest(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return OrderedJson.From(document.RootElement);
    }
}
