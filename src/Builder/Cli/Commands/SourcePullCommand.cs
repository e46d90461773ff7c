using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.SourceImages;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld source pull IMAGE PATH</c>.</summary>
internal sealed class SourcePullCommand : Command
{
    public override IReadOnlyList<string> Names => ["pull"];

    public override string Summary => "Bring a source image from a registry into a directory";

    public override string Usage => "IMAGE PATH";

    public override IReadOnlyList<string> Examples => ["bld source pull registry.example.com/app-source:1.0 /tmp/app-source"];

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags => [new("quiet", FlagKind.Boolean, "print nothing", 'q'), .. RegistryFlags.All];

    public override int Run(CommandLine line)
    {
        if (line.Arguments is not [var image, var path])
        {
            throw new UsageException($"accepts 2 arg(s), received {line.Arguments.Count}: bld source pull IMAGE PATH");
        }

        using var session = Session.Open(line.Flags);
        using var place = NewDirectory.Begin(path, "pulling source image");
        using var sink = new LayoutSink(OciLayout.OpenOrCreate(place.Path), []);
        using (var source = session.Transports.OpenRegistry(image))
        {
            SourceTransfer.Copy(source, sink, line.Cancellation);
        }

        place.Publish();
        return 0;
    }
}
