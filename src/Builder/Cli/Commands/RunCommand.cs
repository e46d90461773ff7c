using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;
using Bld.Runtime.Terminals;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld run CONTAINER COMMAND…</c>.</summary>
internal sealed class RunCommand : Command
{
    private const string ValidExitCodes = "valid-exit-codes";

    public override IReadOnlyList<string> Names => ["run"];

    public override string Summary => "Run a command in a working container";

    public override string Usage => "CONTAINER COMMAND [ARGUMENT...]";

    public override IReadOnlyList<Flag> Flags => RunContainerFlags.All;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("container ID must be specified");
        }

        var command = line.Arguments.Skip(line.Arguments.Count > 1 && line.Arguments[1] == "--" ? 2 : 1).ToList();
        if (command.Count == 0)
        {
            throw new UsageException("command must be specified");
        }

        var valid = ValidCodes(line.Flags);
        using var session = Session.Open(line.Flags);
        var container = ContainerArguments.Container(session, line.Arguments[0]);
        var run = RunContainerFlags.Read(line.Flags, container, command);
        var code = Run(session, container, run, WantsTerminal(line.Flags), line.Cancellation);
        if (code == 0 && session.Containers.Read(container.Id) is not null)
        {
            var shell = container.Config.Config?.Shell is { Count: > 0 } set ? string.Join(' ', set) : "/bin/sh -c";
            AddHistory.To(session.Containers, container, line.Flags, $"{shell} {string.Join(' ', command)}");
        }

        if (valid.Contains(code) || (valid.Count == 0 && code == 0))
        {
            return 0;
        }

        var status = $"exit status {code.ToString(CultureInfo.InvariantCulture)}";
        throw code == 0 ? new BuildException(status + Expected()) : new BuildException(status + Expected()) { ExitCode = code };

        string Expected() => valid.Count == 0 ? "" : $" is not in the list of valid exit codes [{string.Join(' ', valid)}]";
    }

    private static int Run(Session session, WorkingContainer container, ContainerRun run, bool terminal, CancellationToken cancellation)
    {
        var runner = new ContainerRunner(session.Services, session.Containers);
        if (!terminal)
        {
            return runner.Run(container, run, StepStreams.Inherited, cancellation);
        }

        using var relay = new TerminalRelay();
        var streams = StepStreams.Inherited with { ConsoleSocket = relay.Socket, Started = _ => relay.Attach() };
        return runner.Run(container, run, streams, cancellation);
    }

    /// <summary>A terminal for who sits at one, unless what the command writes goes elsewhere.</summary>
    private static bool WantsTerminal(ParsedFlags flags) =>
        flags.Has("terminal") ? flags.Boolean("terminal") : !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>The exit codes that are no failure; none are given where only 0 is none.</summary>
    private static List<int> ValidCodes(ParsedFlags flags) => [.. flags.List(ValidExitCodes).SelectMany(static text => text.Split(',')).Select(static code =>
        byte.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (int)number
            : throw new UsageException($"invalid argument \"{code}\" for \"--{ValidExitCodes}\" flag: exit codes are numbers from 0 to 255"))];
}
