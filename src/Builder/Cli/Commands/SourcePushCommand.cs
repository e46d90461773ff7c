using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Engine.SourceImages;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld source push PATH IMAGE</c>.</summary>
internal sealed class SourcePushCommand : Command
{
    public override IReadOnlyList<string> Names => ["push"];

    public override string Summary => "Bring a source image from a directory to a registry";

    public override string Usage => "PATH IMAGE";

    public override IReadOnlyList<string> Examples => ["bld source push /tmp/app-source registry.example.com/app-source:1.0"];

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
        [new("digestfile", FlagKind.File, "file that gets the digest of what was pushed"), new("quiet", FlagKind.Boolean, "print nothing", 'q'), .. RegistryFlags.All];

    public override int Run(CommandLine line)
    {
        if (line.Arguments is not [var path, var image])
        {
            throw new UsageException($"accepts 2 arg(s), received {line.Arguments.Count}: bld source push PATH IMAGE");
        }

        using var session = Session.Open(line.Flags);
        using var source = SourceLayout.Open(path).AsSource();
        using var sink = session.Transports.OpenSink(TransportReference.TryParse(image) ?? new TransportReference(TransportKind.Registry, image, null));
        var digest = SourceTransfer.Copy(source, sink, line.Cancellation);
        if (line.Flags.Text("digestfile") is { } file)
        {
            HostFile.Write(file, digest.ToString());
        }

        return 0;
    }
}
