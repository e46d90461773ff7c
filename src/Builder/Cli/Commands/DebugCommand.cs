using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Debugging;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary>
/// <c>bld debug</c>: goes into the container of a step that failed. The build's own command line is followed again up to that step,
/// which costs nothing since all before it is cached; so environment, mounts, secrets, user and directory are made by the code that made
/// them the first time.
/// </summary>
internal sealed class DebugCommand : Command
{
    public override IReadOnlyList<string> Names => ["debug"];

    public override string Summary => "Enter the container of a step that failed";

    public override string Usage => "[ID]";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("list", FlagKind.Boolean, "list the steps that can be entered; they are kept for a day"),
        new("run", FlagKind.Text, "run this with the stage's shell instead of an interactive one"),
    ];

    public override int Run(CommandLine line)
    {
        FailedStep step;
        string files;
        using (var session = Session.Open(line.Flags))
        {
            var failed = new FailedSteps(session.State);
            if (line.Flags.Boolean("list"))
            {
                List(failed);
                return 0;
            }

            step = Choose(failed, line.Arguments);
            files = failed.FilesOf(step);
        }

        return Enter(step, files, line.Flags.Text("run"), line);
    }

    /// <summary>Enters a step; gives the command's exit code.</summary>
    public static int Enter(FailedStep step, string files, string? command, CommandLine line)
    {
        var hasTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
        if (hasTerminal && command is null)
        {
            Console.Error.WriteLine($"step {step.Number} of stage {step.StageName} as it was when it failed with exit code {step.ExitCode}: {step.Text}");
        }

        Directory.SetCurrentDirectory(step.Directory);
        string[] words = [.. step.CommandLine, "--root", GlobalFlags.Root(line.Flags), "--runroot", GlobalFlags.RunRoot(line.Flags)];
        var parsed = CommandRunner.Parse(new BudCommand(), words);
        var request = new DebugRequest(step, files, command is null ? null : [command], hasTerminal && command is null);
        return BudCommand.Debug(line with { Flags = parsed }, request);
    }

    private static FailedStep Choose(FailedSteps failed, IReadOnlyList<string> arguments)
    {
        var wanted = arguments is [not "last", ..] ? arguments[0] : null;
        return failed.List().FirstOrDefault(step => wanted is null || step.Id.StartsWith(wanted))
            ?? throw new BuildException(wanted is null
                ? "there is no failed step to enter: only RUNs that failed within the last day are kept"
                : $"there is no failed step {wanted}; bld debug --list shows those that are kept");
    }

    private static void List(FailedSteps failed)
    {
        foreach (var step in failed.List())
        {
            Console.Out.Write($"{step.Id}  exit {step.ExitCode,3}  {step.StageName}:{step.Number}  {LayersCommand.Shorten(step.Text)}\n");
        }
    }
}
