using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary>What the commands on working containers have in common about their arguments.</summary>
internal static class ContainerArguments
{
    /// <summary>Refuses what looks like a flag behind the first argument: it would be taken for a name.</summary>
    /// <exception cref="UsageException">There is one.</exception>
    public static void RefuseFlags(CommandLine line)
    {
        if (line.Arguments.FirstOrDefault(static word => word.Length > 1 && word[0] == '-') is { } flag)
        {
            throw new UsageException($"no options ({flag}) can be specified after the image or container name");
        }
    }

    /// <summary>The container that an argument names.</summary>
    /// <exception cref="BuildException">There is none.</exception>
    public static WorkingContainer Container(Session session, string name) =>
        session.Containers.Find(name) ?? throw new BuildException($"reading build container \"{name}\": container not known");

    /// <summary>Does something for each argument, whatever becomes of the others.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="BuildException">What all failures say.</exception>
    public static int Each(IReadOnlyList<string> names, Action<string> action)
    {
        BuildException? last = null;
        foreach (var name in names)
        {
            try
            {
                action(name);
            }
            catch (BuildException exception)
            {
                last = last is null ? exception : new BuildException($"{last.Message}\n{exception.Message}", exception);
            }
        }

        return last is null ? 0 : throw last;
    }
}
