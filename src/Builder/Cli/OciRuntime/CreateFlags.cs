using Bld.Builder.Cli.Flags;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>The flags that "create" and "run" share.</summary>
internal static class CreateFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("bundle", FlagKind.Text, "directory with config.json; the current one", 'b', Aliases: ["b"]),
        new("pid-file", FlagKind.Text, "file that gets the number of the container's first process"),
        new("console-socket", FlagKind.Text, "socket that gets the terminal"),
        new("preserve-fds", FlagKind.Text, "how many descriptors from 3 on the container keeps"),
        new("no-pivot", FlagKind.Boolean, "chroot in place of pivot_root: weaker, for roots on a ramdisk"),
        new("no-new-keyring", FlagKind.Boolean, "keep the caller's session keyring"),
        new("no-subreaper", FlagKind.Boolean, "accepted without effect", Aliases: ["no-sub-reaper"]),
        new("config", FlagKind.Text, "accepted without effect"),
    ];

    public static OciCreateOptions Read(OciCall call) => new()
    {
        Id = call.Id,
        Bundle = call.Flags.Text("bundle") ?? ".",
        PidFile = call.Flags.Text("pid-file"),
        ConsoleSocket = call.Flags.Text("console-socket"),
        PreservedDescriptors = (int)(call.Flags.Number("preserve-fds", smallest: 0, int.MaxValue) ?? 0),
        NoPivot = call.Flags.Boolean("no-pivot"),
        NoNewKeyring = call.Flags.Boolean("no-new-keyring"),
        Keep = call.Flags.Boolean("keep"),
        NoCgroups = call.Cgroups == CgroupDriver.Disabled,
        SystemdCgroups = call.Cgroups == CgroupDriver.Systemd,
        Warn = call.Log.Warn,
        IsAlone = true,
    };
}
