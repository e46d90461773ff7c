using System.Globalization;
using System.Runtime.InteropServices;

using Bld.Builder.Cli.Progress;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;
using Bld.Runtime.Networks;

namespace Bld.Builder.Cli.Doctor;

/// <summary>How well something is.</summary>
internal enum Health
{
    Good,

    /// <summary>Builds work, but slower, less confined or with less.</summary>
    Poor,

    /// <summary>Builds don't work.</summary>
    Bad,
}

/// <summary>What was found out about one thing.</summary>
internal sealed record Finding(string Name, Health Health, string Text, string? Advice = null);

/// <summary>What a build needs of its host: each looked at by trying it where that is harmless, else by reading what the kernel says.</summary>
internal static class HostChecks
{
    private static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>All checks.</summary>
    /// <param name="root">The state directory.</param>
    public static IReadOnlyList<Finding> Run(string root) =>
    [
        Kernel(),
        StateRoot(root),
        Disk(root),
        Overlay(root),
        Proc(),
        OpenSsl(),
        UserNamespaces(),
        SubordinateIds(),
        Seccomp(),
        AppArmor(),
        Cgroups(),
        Network(),
        Foreign(),
        Clock(),
    ];

    private static Finding Kernel()
    {
        const string Name = "kernel";
        var version = Environment.OSVersion.Version;
        return version >= new Version(5, 11) ? new Finding(Name, Health.Good, $"Linux {version}")
            : version >= new Version(5, 6) ? new Finding(Name, Health.Poor, $"Linux {version}: old ways of mounting are used", "5.11 or newer has all that bld wants (detached overlay mounts, overlay without privilege)")
            : new Finding(Name, Health.Bad, $"Linux {version} is too old: it can't open a path that must not leave a directory (openat2)", "use 5.6 at least, better 5.11 or newer");
    }

    private static Finding StateRoot(string root)
    {
        const string Name = "state directory";
        try
        {
            using var state = StateDirectory.Open(root, root + "/run");
            return new Finding(Name, Health.Good, root);
        }
        catch (Exception exception) when (exception is BuildException or IOException or UnauthorizedAccessException)
        {
            return new Finding(Name, Health.Bad, exception.Message, "choose a directory that you may write to with --root or BLD_ROOT");
        }
    }

    private static Finding Disk(string root)
    {
        const string Name = "disk";
        const long Little = 2L << 30;
        const long TooLittle = 200L << 20;
        try
        {
            var place = root;
            while (!Directory.Exists(place))
            {
                place = Path.GetDirectoryName(place) ?? "/";
            }

            var drive = new DriveInfo(place);
            var text = $"{TransferBars.Bytes(drive.AvailableFreeSpace)} free of {TransferBars.Bytes(drive.TotalSize)} ({drive.DriveFormat})";
            return drive.AvailableFreeSpace < TooLittle ? new Finding(Name, Health.Bad, text, "make room: bld prune, or another disk with --root")
                : drive.AvailableFreeSpace < Little ? new Finding(Name, Health.Poor, text, "make room: bld prune, or another disk with --root")
                : new Finding(Name, Health.Good, text);
        }
        catch (IOException exception)
        {
            return new Finding(Name, Health.Poor, exception.Message);
        }
    }

    private static Finding Overlay(string root)
    {
        const string Name = "overlay";
        if (!IsRoot)
        {
            return ReadText("/proc/filesystems").Contains("overlay")
                ? new Finding(Name, Health.Good, "the kernel has it; it is mounted inside a user namespace")
                : new Finding(Name, Health.Poor, "the kernel does not list overlay: roots are made by copies, which is slower", "load the module: modprobe overlay");
        }

        try
        {
            using var state = StateDirectory.Open(root, root + "/run");
            var snapshots = new SnapshotStore(state) { Driver = StorageDriver.Overlay };
            using var active = snapshots.Prepare(null);
            using var mount = snapshots.MountWritable(active);
            FileCalls.MakeDirectory(mount.Root, "try"u8, 0x1ED);
            return snapshots.Driver == StorageDriver.Program
                ? new Finding(Name, Health.Poor, "the kernel refuses it: fuse-overlayfs is used, which is slower", "put the state on a file system that can be an overlay's upper side with --root")
                : new Finding(Name, Health.Good, "mounted and written to");
        }
        catch (Exception exception) when (exception is LinuxException or BuildException or IOException)
        {
            return new Finding(Name, Health.Poor, $"roots are made by copies, which is slower: {exception.Message}", "load the module (modprobe overlay), or put the state on a file system that can be an overlay's upper side (not overlay, NFS or vfat) with --root");
        }
    }

    /// <summary>A new proc can only be mounted in a user namespace where nothing covers parts of the old one (mount_namespaces(7)).</summary>
    private static Finding Proc()
    {
        const string Name = "proc";
        if (IsRoot && !MountCalls.AreAllowed)
        {
            return new Finding(
                Name, Health.Poor, "this container allows no mounts: RUN needs --isolation chroot, has no /proc and no /sys, and works in copies",
                "BLD_ISOLATION=chroot; more isolation with a seccomp profile that allows user namespaces (podman's does, docker's with --security-opt seccomp=unconfined)");
        }

        var covered = ReadText("/proc/self/mountinfo").Split('\n').Select(static line => line.Split(' ')).Count(static fields => fields.Length > 4 && fields[4].StartsWith("/proc/") && fields[4] != "/proc/sys/fs/binfmt_misc");
        return covered == 0 || !OverlayMarks.InUserNamespace
            ? new Finding(Name, Health.Good, "RUN gets its own")
            : new Finding(Name, Health.Poor, $"this container has {covered} parts of /proc covered, so the kernel lets nobody mount a new one inside: RUN needs --isolation chroot", "podman run --security-opt unmask=ALL; in Kubernetes procMount: Unmasked; or BLD_ISOLATION=chroot");
    }

    private static Finding OpenSsl()
    {
        const string Name = "openssl";
        return NativeLibrary.TryLoad("libssl.so.3", out _) || NativeLibrary.TryLoad("libssl.so.1.1", out _)
            ? new Finding(Name, Health.Good, "digests and TLS")
            : new Finding(Name, Health.Bad, "libssl is missing: nothing can be digested", "install it (package libssl3)");
    }

    private static Finding UserNamespaces()
    {
        const string Name = "user namespaces";
        var most = ReadText("/proc/sys/user/max_user_namespaces");
        var clone = ReadText("/proc/sys/kernel/unprivileged_userns_clone");
        var restricted = ReadText("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
        var health = IsRoot ? Health.Poor : Health.Bad;
        return most is "0" ? new Finding(Name, health, "switched off (user.max_user_namespaces is 0)", "sysctl -w user.max_user_namespaces=65536")
            : clone is "0" ? new Finding(Name, health, "only for root", "sysctl -w kernel.unprivileged_userns_clone=1")
            : restricted is "1" && !IsRoot ? new Finding(Name, Health.Bad, "AppArmor keeps them from programs without a profile", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give bld a profile that allows userns")
            : new Finding(Name, Health.Good, "allowed");
    }

    private static Finding SubordinateIds()
    {
        const string Name = "subordinate ids";
        if (IsRoot)
        {
            return new Finding(Name, Health.Good, "not needed by root");
        }

        var user = Environment.UserName;
        var has = HasRange("/etc/subuid", user) && HasRange("/etc/subgid", user);
        return !has ? new Finding(Name, Health.Poor, $"{user} has none: images may only hold files of one user", $"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}")
            : FindProgram("newuidmap") is null || FindProgram("newgidmap") is null ? new Finding(Name, Health.Poor, "newuidmap and newgidmap are missing", "install them (package uidmap)")
            : new Finding(Name, Health.Good, $"{user} has a range");
    }

    private static Finding Seccomp()
    {
        const string Name = "seccomp";
        return !ReadText("/proc/self/status").Contains("Seccomp:") ? new Finding(Name, Health.Poor, "the kernel has none: commands are not confined by it")
            : NativeLibrary.TryLoad("libseccomp.so.2", out _) ? new Finding(Name, Health.Good, "RUN is confined")
            : new Finding(Name, Health.Poor, "libseccomp is missing: RUN is not confined by it", "install it (package libseccomp2)");
    }

    private static Finding AppArmor()
    {
        const string Name = "apparmor";
        return ReadText("/sys/module/apparmor/parameters/enabled") is "Y"
            ? new Finding(Name, Health.Good, "enabled; --security-opt apparmor=PROFILE uses one")
            : new Finding(Name, Health.Good, "not enabled here, and not needed");
    }

    private static Finding Cgroups()
    {
        const string Name = "cgroups";
        var controllers = ReadText("/sys/fs/cgroup/cgroup.controllers");
        if (controllers.Length == 0)
        {
            return Directory.Exists("/sys/fs/cgroup/memory")
                ? new Finding(Name, Health.Good, "version 1")
                : new Finding(Name, Health.Poor, "not mounted: --memory, --cpu… and --pids-limit can't be kept", "mount them at /sys/fs/cgroup");
        }

        if (IsRoot)
        {
            return new Finding(Name, Health.Good, $"version 2: {controllers}");
        }

        var own = ReadText("/proc/self/cgroup").Split("::")[^1];
        var delegated = ReadText($"/sys/fs/cgroup{own}/cgroup.controllers");
        return delegated.Contains("memory") && delegated.Contains("pids")
            ? new Finding(Name, Health.Good, $"version 2, delegated: {delegated}")
            : new Finding(Name, Health.Poor, "nothing is delegated to this user: limits can't be kept", "run below systemd with Delegate=yes (loginctl enable-linger gives a session one)");
    }

    private static Finding Network()
    {
        const string Name = "network";
        return SharedNetwork.IsAvailable && File.Exists("/dev/net/tun") ? new Finding(Name, Health.Good, "pasta gives RUN a network of its own")
            : SharedNetwork.IsAvailable ? new Finding(Name, Health.Poor, "there is no /dev/net/tun, which pasta needs: RUN gets loopback only", "use --network host, or give this container the device")
            : new Finding(Name, Health.Poor, "pasta is missing: RUN uses the host's network", "install it (package passt)");
    }

    private static Finding Foreign()
    {
        const string Name = "other architectures";
        const string Folder = "/proc/sys/fs/binfmt_misc";
        var names = Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder).Select(Path.GetFileName).Where(static name => name!.StartsWith("qemu-")).ToList() : [];
        return names.Count > 0
            ? new Finding(Name, Health.Good, $"{names.Count} can be emulated: {string.Join(", ", names.Select(static name => name!["qemu-".Length..]).Order(StringComparer.Ordinal).Take(6))}")
            : new Finding(Name, Health.Good, "only this host's own: RUN for another --platform needs qemu-user-static with binfmt");
    }

    private static Finding Clock()
    {
        const string Name = "clock";
        var now = DateTimeOffset.UtcNow;
        var built = File.GetLastWriteTimeUtc(Environment.ProcessPath ?? "/proc/self/exe");
        return now.UtcDateTime < built.AddDays(-1)
            ? new Finding(Name, Health.Poor, string.Create(CultureInfo.InvariantCulture, $"it says {now:yyyy-MM-dd HH:mm}, which is before bld was installed: registries' certificates will look invalid"), "set it, or run an NTP client")
            : new Finding(Name, Health.Good, string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm} UTC"));
    }

    private static bool HasRange(string path, string user) =>
        ReadText(path).Split('\n').Any(line => line.Split(':') is [var owner, _, var count] && owner == user && long.TryParse(count, out var number) && number >= 65536);

    private static string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(directory => $"{directory}/{name}").FirstOrDefault(File.Exists);

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
