using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld run</c>.</summary>
internal static class RunContainerFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        AddHistory.Flag,
        new("contextdir", FlagKind.File, "directory that the sources of mounts lie in"),
        new("env", FlagKind.List, "environment variable of the command, as name=value; name alone takes the caller's", 'e'),
        new("mount", FlagKind.List, "further mount: type=bind,source=…,target=…, type=tmpfs,target=…, type=cache,target=…"),
        new("no-pivot", FlagKind.Boolean, "accepted without effect"),
        new("runtime", FlagKind.Text, "accepted without effect: bld is the runtime"),
        new("runtime-flag", FlagKind.List, "accepted without effect"),
        new("terminal", FlagKind.Boolean, "give the command a terminal (default: when there is one)", 't', Aliases: ["tty"]),
        new("user", FlagKind.Text, "user[:group] of the command"),
        new("valid-exit-codes", FlagKind.List, "exit codes that are no failure, separated by commas"),
        new("workingdir", FlagKind.Text, "working directory of the command"),
        .. RunFlags.All,
    ];

    /// <summary>What the command line asks for, on top of what <c>from</c> said.</summary>
    public static ContainerRun Read(ParsedFlags flags, WorkingContainer container, IReadOnlyList<string> command) => new()
    {
        Command = command,
        User = flags.Text("user"),
        WorkingDirectory = flags.Text("workingdir"),
        Environment = [.. flags.List("env").Select(Variable).OfType<string>()],
        Mounts = flags.List("mount"),
        ContextDirectory = flags.Text("contextdir"),
        Settings = RunFlags.Read(flags, container.Run),
        Warn = static text => Console.Error.WriteLine($"warning: {text}"),
    };

    private static string? Variable(string text) =>
        text.Contains('=') ? text : Environment.GetEnvironmentVariable(text) is { } value ? $"{text}={value}" : null;
}
