using Bld.Builder.Cli.Commands;
using Bld.Dockerfile;

namespace Bld.Builder.Cli;

/// <summary>The commands that there are. They are made when they are asked for: starting costs nothing for those that aren't.</summary>
internal static class CommandTable
{
    /// <summary>Every command, in the order in which help shows them.</summary>
    public static IEnumerable<Command> All()
    {
        yield return new AddCommand();
        yield return new BudCommand();
        yield return new CommitCommand();
        yield return new CompatibilityCommand();
        yield return new CompletionCommand();
        yield return new ConfigCommand();
        yield return new ContainersCommand();
        yield return new CopyCommand();
        yield return new DebugCommand();
        yield return new DiffCommand();
        yield return new DoctorCommand();
        yield return new ExplainCommand();
        yield return new FromCommand();
        yield return new HistoryCommand();
        yield return new ImagesCommand();
        yield return new InfoCommand();
        yield return new InspectCommand();
        yield return new LayersCommand();
        yield return new LoginCommand();
        yield return new LogoutCommand();
        yield return new ManCommand();
        yield return new ManifestCommand();
        yield return new MkcwCommand();
        yield return new MountCommand();
        yield return new PruneCommand();
        yield return new PullCommand();
        yield return new PushCommand();
        yield return new RenameCommand();
        yield return new ReportCommand();
        yield return new RmCommand();
        yield return new RmiCommand();
        yield return new RunCommand();
        yield return new SourceCommand();
        yield return new TagCommand();
        yield return new TreeCommand();
        yield return new UmountCommand();
        yield return new UnshareCommand();
        yield return new VersionCommand();
    }

    /// <summary>The commands that people are shown.</summary>
    public static IEnumerable<Command> Shown() => All().Where(static command => !command.IsHidden);

    /// <summary>The command that words begin with, and how many of them are its name.</summary>
    /// <exception cref="Flags.UsageException">There is none.</exception>
    public static (Command Command, int Count) Find(IReadOnlyList<string> words)
    {
        var command = Find(words[0]);
        if (command.Subcommands.Count == 0 || words.Count == 1 || words[1].StartsWith('-'))
        {
            return (command, 1);
        }

        var own = command.Subcommands.FirstOrDefault(each => each.Names.Contains(words[1]))
            ?? throw new Flags.UsageException(
                $"unknown command \"{words[1]}\" for \"bld {words[0]}\"{Suggestion.Text(words[1], command.Subcommands.SelectMany(static each => each.Names))}; see bld {words[0]} --help");
        return (own, 2);
    }

    /// <summary>The command of a name.</summary>
    /// <exception cref="Flags.UsageException">There is none.</exception>
    public static Command Find(string name) =>
        All().FirstOrDefault(command => command.Names.Contains(name))
        ?? throw new Flags.UsageException(
            $"unknown command \"{name}\" for \"bld\"{Suggestion.Text(name, Shown().SelectMany(static command => command.Names))}; see bld --help");
}
