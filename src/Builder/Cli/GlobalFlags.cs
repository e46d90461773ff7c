using Bld.Builder.Cli.Flags;
using Bld.Builder.Snapshots;
using Bld.Runtime.Rootless;

namespace Bld.Builder.Cli;

/// <summary>The flags that every command has, before or behind its name.</summary>
internal static class GlobalFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("root", FlagKind.Text, "directory that keeps images, snapshots and the cache"),
        new("runroot", FlagKind.Text, "directory for what dies at a reboot"),
        new("storage-driver", FlagKind.Text, "overlay, or vfs for plain copies (default: overlay where it can be mounted)"),
        new("storage-opt", FlagKind.List, "accepted without effect"),
        new("log-level", FlagKind.Text, "accepted without effect"),
        new("debug", FlagKind.Boolean, "accepted without effect"),
        new("registries-conf", FlagKind.Text, "registries.conf to read instead of the usual ones"),
        new("registries-conf-dir", FlagKind.Text, "directory of drop-ins for registries.conf instead of the usual ones"),
        new("short-name-alias-conf", FlagKind.Text, "file of recorded short names instead of the usual one"),
        new("cgroup-manager", FlagKind.Text, "accepted without effect"),
        new("help", FlagKind.Boolean, "show what the command does", 'h'),
        new("version", FlagKind.Boolean, "show the version", 'v'),
    ];

    /// <summary>The state directory: <c>--root</c>, <c>BLD_ROOT</c>, <c>/var/lib/bld</c> for root, <c>$XDG_DATA_HOME/bld</c> for others.</summary>
    public static string Root(ParsedFlags flags) =>
        flags.Text("root") ?? Environment.GetEnvironmentVariable("BLD_ROOT")
        ?? (IsRoot ? "/var/lib/bld" : $"{DataHome}/bld");

    /// <summary>What dies at a reboot: <c>--runroot</c>, <c>/run/bld</c> for root, <c>$XDG_RUNTIME_DIR/bld</c> for others.</summary>
    public static string RunRoot(ParsedFlags flags) =>
        flags.Text("runroot") ?? (IsRoot ? "/run/bld" : RuntimeHome);

    /// <summary><c>--storage-driver</c> or STORAGE_DRIVER; what others name is stored the same way, so it only says whether overlay is tried.</summary>
    /// <exception cref="UsageException">There is no such driver.</exception>
    public static StorageDriver Driver(ParsedFlags flags) =>
        (flags.Text("storage-driver") ?? Environment.GetEnvironmentVariable("STORAGE_DRIVER")) switch
        {
            null or "" or "auto" => StorageDriver.Automatic,
            "overlay" or "overlay2" => StorageDriver.Overlay,
            "vfs" => StorageDriver.Copy,
            var other => throw new UsageException($"unknown storage driver \"{other}\": use overlay or vfs"),
        };

    private static bool IsRoot => Environment.IsPrivilegedProcess && !RootlessStart.IsInside;

    private static string RuntimeHome =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } home ? $"{home}/bld" : $"/tmp/bld-run-{RootlessStart.UserId}";

    private static string DataHome =>
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } home
            ? home
            : $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.local/share";
}
