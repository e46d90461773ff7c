using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest …</c>: lists of images, one for each platform.</summary>
internal sealed class ManifestCommand : Command
{
    public override IReadOnlyList<string> Names => ["manifest"];

    public override string Summary => "Make, change and push lists of images";

    public override string Usage => "COMMAND";

    public override IReadOnlyList<Command> Subcommands =>
    [
        new ManifestAddCommand(),
        new ManifestAnnotateCommand(),
        new ManifestCreateCommand(),
        new ManifestExistsCommand(),
        new ManifestInspectCommand(),
        new ManifestPushCommand(),
        new ManifestRemoveCommand(),
        new ManifestRmCommand(),
    ];

    public override int Run(CommandLine line)
    {
        HelpText.Print(this);
        return 0;
    }
}

/// <summary><c>bld manifest exists NAME</c>: 0 when there is a list of that name, else 1.</summary>
internal sealed class ManifestExistsCommand : Command
{
    public override IReadOnlyList<string> Names => ["exists"];

    public override string Summary => "Tell by the exit code whether the store has a list";

    public override string Usage => "LIST";

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 1)
        {
            throw new UsageException($"accepts 1 arg(s), received {line.Arguments.Count}: bld manifest exists LIST");
        }

        using var session = Session.Open(line.Flags);
        return session.Lists.Find(line.Arguments[0]) is null ? 1 : 0;
    }
}

/// <summary><c>bld manifest remove LIST DIGEST</c>.</summary>
internal sealed class ManifestRemoveCommand : Command
{
    public override IReadOnlyList<string> Names => ["remove"];

    public override string Summary => "Take an image out of a list";

    public override string Usage => "LIST DIGEST";

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 2)
        {
            throw new UsageException($"accepts 2 arg(s), received {line.Arguments.Count}: bld manifest remove LIST DIGEST");
        }

        using var session = Session.Open(line.Flags);
        var list = session.Lists.Get(line.Arguments[0]);
        var digest = session.Lists.MemberDigest(list, line.Arguments[1]);
        list = session.Lists.RemoveMember(list, digest);
        Console.Out.Write($"{list.Id}: {digest}\n");
        return 0;
    }
}

/// <summary><c>bld manifest rm LIST…</c>.</summary>
internal sealed class ManifestRmCommand : Command
{
    public override IReadOnlyList<string> Names => ["rm"];

    public override string Summary => "Remove lists, or of one with several names this name; the images in them stay";

    public override string Usage => "LIST [LIST...]";

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("name at least one list");
        }

        using var session = Session.Open(line.Flags);
        var failures = new Failures();
        foreach (var name in line.Arguments)
        {
            failures.Try(() => Remove(session, session.Lists.Get(name), name));
        }

        return failures.End();
    }

    private static void Remove(Session session, StoredImage list, string argument)
    {
        if (list.Names.Count > 1 && ImageNames.Candidates(argument).FirstOrDefault(list.Names.Contains) is { } asked)
        {
            // One name of several is only taken away, as rmi does it.
            session.Images.Untag(asked);
            Console.Out.Write($"untagged: {asked}\n");
            return;
        }

        session.Images.Remove(list);
        foreach (var name in list.Names)
        {
            Console.Out.Write($"untagged: {name}\n");
        }

        Console.Out.Write(list.Id + "\n");
    }
}
