using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld umount CONTAINER…</c>.</summary>
internal sealed class UmountCommand : Command
{
    public override IReadOnlyList<string> Names => ["umount", "unmount"];

    public override string Summary => "Unmount the roots of working containers";

    public override string Usage => "CONTAINER [CONTAINER...]";

    public override IReadOnlyList<Flag> Flags => [new("all", FlagKind.Boolean, "unmount all that are mounted", 'a')];

    public override int Run(CommandLine line)
    {
        var all = line.Flags.Boolean("all");
        if (line.Arguments.Count == 0 && !all)
        {
            throw new UsageException("at least one container ID must be specified");
        }

        if (line.Arguments.Count > 0 && all)
        {
            throw new UsageException("when using the --all switch, you may not pass any container IDs");
        }

        ContainerArguments.RefuseFlags(line);
        using var session = Session.Open(line.Flags);
        IReadOnlyList<string> names = all
            ? [.. session.Containers.List().Select(static container => container.Id).Where(id => HeldContainer.IsMountedAt(session.State, id))]
            : line.Arguments;
        return ContainerArguments.Each(names, name =>
        {
            var container = session.Containers.Find(name) ?? throw new Store.BuildException($"error unmounting container {name}: container not known");
            using var held = session.Containers.Hold(container, line.Cancellation);
            var isMounted = held.IsMounted;
            held.Unmount();
            if (isMounted)
            {
                Console.Out.Write(container.Id + "\n");
            }
        });
    }
}
