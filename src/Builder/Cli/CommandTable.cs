using Bld.Builder.Cli.Commands;
using Bld.Dockerfile;

namespace Bld.Builder.Cli;

/// <summary>The commands that there are. They are made when they are asked for: starting costs nothing for those that aren't.</summary>
internal static class CommandTable
{
    /// <summary>Every command, in the order in which help shows them.</summary>
    public static IEnumerable<Command> All()
    {
        yield return new BudCommand();
        yield return new ImagesCommand();
        yield return new PullCommand();
        yield return new PushCommand();
        yield return new RmiCommand();
        yield return new TagCommand();
        yield return new VersionCommand();
    }

    /// <summary>The command of a name.</summary>
    /// <exception cref="Flags.UsageException">There is none.</exception>
    public static Command Find(string name) =>
        All().FirstOrDefault(command => command.Names.Contains(name))
        ?? throw new Flags.UsageException(
            $"unknown command \"{name}\" for \"bld\"{Suggestion.Text(name, All().SelectMany(static command => command.Names))}; see bld --help");
}
