using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Settings;
using Bld.Builder.Snapshots;

namespace Bld.Builder.Cli;

/// <summary>The flags that every command has, before or behind its name.</summary>
internal static class GlobalFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("root", FlagKind.File, "directory that keeps images, snapshots and the cache"),
        new("runroot", FlagKind.File, "directory for what dies at a reboot"),
        new("storage-driver", FlagKind.Text, "overlay, or vfs for plain copies (default: overlay where it can be mounted)"),
        new("storage-opt", FlagKind.List, "overlay.mount_program=FILE mounts overlay by a program; other options change nothing"),
        new("log-level", FlagKind.Text, "trace, debug, info, warn (the default), error, fatal or panic"),
        new("debug", FlagKind.Boolean, "the same as --log-level debug", Hidden: true),
        new("imagestore", FlagKind.Text, "refused: images of another store can't be shared"),
        new("transient-store", FlagKind.Boolean, "accepted without effect: no state is lost at a reboot"),
        new("default-mounts-file", FlagKind.File, "file of directories that every RUN gets, instead of mounts.conf", Hidden: true),
        new("userns-uid-map", FlagKind.List, "users of commands on the host, as inside:host:count, for a command that starts containers"),
        new("userns-gid-map", FlagKind.List, "groups of commands on the host, as inside:host:count, for a command that starts containers"),
        new("registries-conf", FlagKind.File, "registries.conf to read instead of the usual ones"),
        new("registries-conf-dir", FlagKind.File, "directory of drop-ins for registries.conf instead of the usual ones"),
        new("short-name-alias-conf", FlagKind.File, "file of recorded short names instead of the usual one"),
        new("cgroup-manager", FlagKind.Text, "cgroupfs (the default) or systemd, which then makes a scope for each command that has limits"),
        new("help", FlagKind.Boolean, "show what the command does", 'h'),
        new("version", FlagKind.Boolean, "show the version", 'v'),
    ];

    /// <summary>
    /// <c>--storage-driver</c> or STORAGE_DRIVER; what others name is stored the same way, so it only says whether overlay is tried. And the
    /// program that mounts overlay in the kernel's place; null when none is named.
    /// </summary>
    /// <exception cref="UsageException">There is no such driver, or no such program.</exception>
    public static StorageDriver Driver(ParsedFlags flags, out string? program)
    {
        var driver = (flags.Text("storage-driver") ?? Environment.GetEnvironmentVariable("STORAGE_DRIVER")) switch
        {
            null or "" or "auto" => StorageDriver.Automatic,
            "overlay" or "overlay2" => StorageDriver.Overlay,
            "vfs" => StorageDriver.Copy,
            var other => throw new UsageException($"unknown storage driver \"{other}\": use overlay or vfs"),
        };
        program = driver == StorageDriver.Copy ? null : StorageSettings.Read(flags).MountProgram;
        return program is null ? driver : StorageDriver.Program;
    }

    /// <summary>The state directory.</summary>
    public static string Root(ParsedFlags flags) => StorageSettings.Read(flags).Root;

    /// <summary>The directory of what dies at a reboot.</summary>
    public static string RunRoot(ParsedFlags flags) => StorageSettings.Read(flags).RunRoot;

    /// <summary>The state directory and what dies at a reboot, as the command line, the environment and storage.conf have them.</summary>
    public static (string Root, string RunRoot) Places(ParsedFlags flags)
    {
        var storage = StorageSettings.Read(flags);
        CommandLog.Debug($"state in {storage.Root}, what dies at a reboot in {storage.RunRoot}; read: {string.Join(' ', storage.Files)}");
        return (storage.Root, storage.RunRoot);
    }
}
