using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld rename CONTAINER NAME</c>.</summary>
internal sealed class RenameCommand : Command
{
    public override IReadOnlyList<string> Names => ["rename"];

    public override string Summary => "Give a working container another name";

    public override string Usage => "CONTAINER NAME";

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 2)
        {
            throw new UsageException($"accepts 2 arg(s), received {line.Arguments.Count}: bld rename CONTAINER NAME");
        }

        using var session = Session.Open(line.Flags);
        var container = ContainerArguments.Container(session, line.Arguments[0]);
        var name = line.Arguments[1];
        if (container.Name == name)
        {
            throw new UsageException($"renaming a container with the same name as its current name: \"{name}\"");
        }

        session.Containers.Rename(container, name);
        return 0;
    }
}
