using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest push LIST [DESTINATION]</c>.</summary>
internal sealed class ManifestPushCommand : Command
{
    public override IReadOnlyList<string> Names => ["push"];

    public override string Summary => "Write a list, with its images, to a registry or elsewhere";

    public override string Usage => "LIST [DESTINATION]";

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "push the images of the list too (default true)"),
        PushFlags.Variants,
        RegistryFlags.Insecure,
        .. PushFlags.All.Select(static flag => flag.Name == "rm" ? flag with { Aliases = ["purge"] } : flag),
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count is < 1 or > 2)
        {
            throw new UsageException(line.Arguments.Count == 0 ? "at least a source list ID must be specified" : "too many arguments specified: bld manifest push LIST DESTINATION");
        }

        using var session = Session.Open(line.Flags);
        return PushCommand.Push(session, session.Lists.Get(line.Arguments[0]), line);
    }
}
