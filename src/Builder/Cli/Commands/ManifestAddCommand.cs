using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest add LIST IMAGE</c>.</summary>
internal sealed class ManifestAddCommand : Command
{
    public override IReadOnlyList<string> Names => ["add"];

    public override string Summary => "Put an image in a list";

    public override string Usage => "LIST IMAGE";

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "of an image that is a list, take all images"),
        .. MemberFlags.All,
        .. RegistryFlags.All,
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 2)
        {
            throw new UsageException("bld manifest add takes a list and an image");
        }

        using var session = Session.Open(line.Flags);
        var list = session.Lists.Get(line.Arguments[0]);
        var found = session.Lists.Members.Find(
            line.Arguments[1], line.Flags.Boolean("all"), MemberFlags.Chosen(line.Flags), line.Cancellation);
        list = session.Lists.Add(list, [.. found.Select(member => MemberFlags.Apply(line.Flags, member))]);
        foreach (var member in found)
        {
            Console.Out.Write($"{list.Id}: {member.Digest}\n");
        }

        return 0;
    }
}
