using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.SourceImages;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld source add PATH ARTIFACT</c>.</summary>
internal sealed class SourceAddCommand : Command
{
    public override IReadOnlyList<string> Names => ["add"];

    public override string Summary => "Add a file, an archive or a directory to a source image";

    public override string Usage => "PATH ARTIFACT";

    public override IReadOnlyList<string> Examples => ["bld source add /tmp/app-source app-1.0.tar.gz"];

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags => [new("annotation", FlagKind.List, "annotation of the layer, as KEY=VALUE")];

    public override int Run(CommandLine line)
    {
        if (line.Arguments is not [var path, var artifact])
        {
            throw new UsageException($"accepts 2 arg(s), received {line.Arguments.Count}: bld source add PATH ARTIFACT");
        }

        using var session = Session.Open(line.Flags);
        SourceLayout.Open(path).Add(artifact, Annotations(line.Flags.List("annotation")), session.State, line.Cancellation);
        return 0;
    }

    private static SortedDictionary<string, string>? Annotations(IReadOnlyList<string> texts)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=');
            annotations[equals > 0 ? text[..equals] : throw new UsageException($"invalid annotation \"{text}\": it must be KEY=VALUE")] = text[(equals + 1)..];
        }

        return annotations.Count > 0 ? annotations : null;
    }
}
