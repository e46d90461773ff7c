using Bld.Builder.Cli.Flags;
using Bld.Runtime.Oci;
using Bld.Runtime.Spec;
using Bld.Runtime.Terminals;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun exec</c>.</summary>
internal sealed class ExecCommand : OciCommand
{
    public override string Name => "exec";

    public override string Summary => "Run a further process in a container";

    public override string Usage => "ID COMMAND [ARGUMENT …]";

    public override bool StopsAtArgument => true;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("process", FlagKind.Text, "file with the process part of a config.json", 'p'),
        new("tty", FlagKind.Boolean, "give it a terminal", 't'),
        new("cwd", FlagKind.Text, "working directory"),
        new("env", FlagKind.List, "variable NAME=value", 'e'),
        new("user", FlagKind.Text, "UID[:GID]", 'u'),
        new("additional-gids", FlagKind.List, "further group", 'g'),
        new("cap", FlagKind.List, "further capability", 'c'),
        new("no-new-privs", FlagKind.Boolean, "no gain of privilege by exec", Implied: null),
        new("process-label", FlagKind.Text, "SELinux label"),
        new("apparmor", FlagKind.Text, "AppArmor profile"),
        new("detach", FlagKind.Boolean, "return when it runs", 'd'),
        new("pid-file", FlagKind.Text, "file that gets its number"),
        new("console-socket", FlagKind.Text, "socket that gets the terminal"),
        new("preserve-fds", FlagKind.Text, "how many descriptors from 3 on it keeps"),
        new("cgroup", FlagKind.List, "cgroup below the container's own, of all hierarchies or CONTROLLER,…:PATH"),
        new("ignore-paused", FlagKind.Boolean, "even when the container is paused"),
        new("no-subreaper", FlagKind.Boolean, "accepted without effect"),
    ];

    public override int Run(OciCall call)
    {
        var flags = call.Flags;
        if (flags.Arguments.Count == 0)
        {
            throw new UsageException("a container's ID is missing");
        }

        var container = call.Root.Find(flags.Arguments[0]);
        var options = new OciExecOptions
        {
            Process = flags.Text("process") is { } file ? SpecPartFile.Read(file, static text => ProcessSpec.Parse(text)) : Compose(flags, container.Spec().Process!),
            PidFile = flags.Text("pid-file"),
            ConsoleSocket = flags.Text("console-socket"),
            PreservedDescriptors = (int)(flags.Number("preserve-fds", smallest: 0, int.MaxValue) ?? 0),
            Cgroups = flags.List("cgroup"),
            IgnorePaused = flags.Boolean("ignore-paused"),
            Warn = call.Log.Warn,
            IsAlone = true,
        };
        return Run(call, container, flags.Boolean("tty") ? options with { Process = options.Process with { Terminal = true } } : options);
    }

    private static int Run(OciCall call, OciContainer container, OciExecOptions options)
    {
        if (call.Flags.Boolean("detach"))
        {
            new OciExecution(call.Root, container, options).RunDetached();
            return 0;
        }

        if (!options.Process.Terminal || options.ConsoleSocket is not null)
        {
            return new OciExecution(call.Root, container, options).Run(ForwardedSignals.To);
        }

        using var terminal = new TerminalRelay();
        return new OciExecution(call.Root, container, options with { Console = terminal.Socket }).Run(process =>
        {
            terminal.Attach();
            return ForwardedSignals.To(process);
        });
    }

    private static ProcessSpec Compose(ParsedFlags flags, ProcessSpec process)
    {
        if (flags.Arguments.Count < 2)
        {
            throw new UsageException("a command is missing: exec ID COMMAND …, or --process FILE");
        }

        IReadOnlyList<string> added = [.. flags.List("cap").Select(static name => name.StartsWith("CAP_") ? name : "CAP_" + name)];
        return process with
        {
            Terminal = false,
            Args = flags.Arguments[1..],
            Cwd = flags.Text("cwd") ?? process.Cwd,
            Env = [.. process.Env ?? [], .. flags.List("env")],
            User = UserOf(flags, process.User),
            Capabilities = added.Count == 0 ? process.Capabilities : With(process.Capabilities ?? new CapabilitiesSpec(), added),
            NoNewPrivileges = flags.Boolean("no-new-privs", process.NoNewPrivileges),
            SelinuxLabel = flags.Text("process-label") ?? process.SelinuxLabel,
            ApparmorProfile = flags.Text("apparmor") ?? process.ApparmorProfile,
        };
    }

    private static CapabilitiesSpec With(CapabilitiesSpec sets, IReadOnlyList<string> added) => sets with
    {
        Bounding = [.. sets.Bounding ?? [], .. added],
        Effective = [.. sets.Effective ?? [], .. added],
        Permitted = [.. sets.Permitted ?? [], .. added],
    };

    private static UserSpec UserOf(ParsedFlags flags, UserSpec user)
    {
        var groups = flags.List("additional-gids").Select(Id).ToList();
        if (flags.Text("user") is { } text)
        {
            var parts = text.Split(':');
            user = new UserSpec { Uid = Id(parts[0]), Gid = parts.Length > 1 ? Id(parts[1]) : 0, Umask = user.Umask };
        }

        return groups.Count == 0 ? user : user with { AdditionalGids = groups };
    }

    private static uint Id(string text) =>
        uint.TryParse(text, System.Globalization.NumberStyles.None, null, out var id) ? id : throw new UsageException($"\"{text}\" is no user or group id");
}
