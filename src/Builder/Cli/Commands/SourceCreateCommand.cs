using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.SourceImages;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld source create PATH</c>.</summary>
internal sealed class SourceCreateCommand : Command
{
    public override IReadOnlyList<string> Names => ["create"];

    public override string Summary => "Make a source image without sources";

    public override string Usage => "PATH";

    public override IReadOnlyList<string> Examples => ["bld source create /tmp/app-source"];

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("author", FlagKind.Text, "who made it"),
        new("time-stamp", FlagKind.Boolean, "say when it was made (default true)"),
    ];

    public override int Run(CommandLine line)
    {
        var path = line.Arguments is [var only] ? only : throw new UsageException($"accepts 1 arg(s), received {line.Arguments.Count}: bld source create PATH");
        SourceLayout.Create(path, line.Flags.Text("author"), line.Flags.Boolean("time-stamp", otherwise: true) ? DateTimeOffset.UtcNow : null);
        return 0;
    }
}
