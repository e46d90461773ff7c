using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.OciRuntime.Commands;
using Bld.Dockerfile;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>The commands of the OCI runtime.</summary>
internal static class OciCommandTable
{
    /// <summary>Every command, in the order in which help shows them.</summary>
    public static IEnumerable<OciCommand> All()
    {
        yield return new CreateCommand();
        yield return new StartCommand();
        yield return new RunCommand();
        yield return new ExecCommand();
        yield return new StateCommand();
        yield return new KillCommand();
        yield return new DeleteCommand();
        yield return new ListCommand();
        yield return new PsCommand();
        yield return new PauseCommand();
        yield return new ResumeCommand();
        yield return new UpdateCommand();
        yield return new EventsCommand();
        yield return new FeaturesCommand();
        yield return new SpecCommand();
    }

    /// <summary>The command of a name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static OciCommand Find(string name) =>
        All().FirstOrDefault(command => command.Name == name)
        ?? throw new UsageException(
            name is "checkpoint" or "restore" ? $"{name} is not supported: this runtime can't write processes to disk and wake them again"
            : $"unknown command \"{name}\"{Suggestion.Text(name, All().Select(static command => command.Name))}; see bldrun --help");
}
