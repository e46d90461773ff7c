using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld rm CONTAINER…</c>.</summary>
internal sealed class RmCommand : Command
{
    public override IReadOnlyList<string> Names => ["rm", "delete"];

    public override string Summary => "Remove working containers";

    public override string Usage => "CONTAINER [CONTAINER...]";

    public override IReadOnlyList<Flag> Flags => [new("all", FlagKind.Boolean, "remove all working containers", 'a')];

    public override int Run(CommandLine line)
    {
        var all = line.Flags.Boolean("all");
        if (line.Arguments.Count == 0 && !all)
        {
            throw new UsageException("container ID must be specified");
        }

        if (line.Arguments.Count > 0 && all)
        {
            throw new UsageException("when using the --all switch, you may not pass any containers names or IDs");
        }

        ContainerArguments.RefuseFlags(line);
        using var session = Session.Open(line.Flags);
        if (all)
        {
            RemoveAll(session, line.Cancellation);
            return 0;
        }

        return ContainerArguments.Each(line.Arguments, name => Remove(session, name, line.Cancellation));
    }

    private static void Remove(Session session, string name, CancellationToken cancellation)
    {
        var container = session.Containers.Find(name) ?? throw new BuildException($"removing container \"{name}\": container not known");
        using var held = session.Containers.HoldToRemove(container, cancellation);
        session.Containers.Remove(held);
        Console.Out.Write(container.Id + "\n");
    }

    /// <summary>Those that others remove meanwhile are none of our business.</summary>
    private static void RemoveAll(Session session, CancellationToken cancellation)
    {
        foreach (var container in session.Containers.List())
        {
            try
            {
                Remove(session, container.Id, cancellation);
            }
            catch (BuildException) when (session.Containers.Find(container.Id) is null)
            {
                continue;
            }
        }
    }
}
