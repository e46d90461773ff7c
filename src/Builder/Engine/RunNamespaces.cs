using Bld.Builder.Store;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>The namespaces of a RUN: its own, the host's, or those that a file stands for.</summary>
internal static class RunNamespaces
{
    /// <summary>Puts the settings' choices in the place of the usual namespaces.</summary>
    public static ContainerSpec Apply(ContainerSpec spec, RunStep step, RunSettings settings)
    {
        if (settings.Isolation == IsolationKind.Chroot)
        {
            if (step.Network is NetworkKind.None)
            {
                throw new BuildException("isolation chroot can't take a command's network away: use isolation oci, or no --network=none");
            }

            if (!MountsAsFiles.AreNeeded(settings))
            {
                return ForChroot(spec);
            }

            return settings.Devices is [var device, ..]
                ? throw new BuildException($"the device {device} can't be given to a command, because nothing can be mounted here: leave it out")
                : WithoutMounts(spec);
        }

        var namespaces = new List<NamespaceSpec>(spec.Linux!.Namespaces!);
        Choose(namespaces, "ipc", settings.Ipc);
        Choose(namespaces, "pid", settings.Pid);
        Choose(namespaces, "uts", settings.Uts);
        Choose(namespaces, "cgroup", settings.CgroupNamespace);
        if (step.SharedNetwork is { } network)
        {
            namespaces.Add(new NamespaceSpec { Type = "network", Path = network.Path });
        }
        else if (step.Network == NetworkKind.Joined)
        {
            namespaces.Add(new NamespaceSpec { Type = "network", Path = settings.NetworkPath });
        }

        return spec with { Linux = RunUsers.Apply(spec.Linux with { Namespaces = namespaces }, settings) };
    }

    /// <summary>
    /// Mounts and the host's name only, so that it works in containers that allow no more. /proc and /sys are those of the place where bld
    /// runs, since new ones could not be mounted there. /dev is new: that of a host has its disks.
    /// </summary>
    private static ContainerSpec ForChroot(ContainerSpec spec) => spec with
    {
        Linux = spec.Linux! with
        {
            Namespaces = [new NamespaceSpec { Type = "mount" }, .. spec.Hostname is null ? (NamespaceSpec[])[] : [new NamespaceSpec { Type = "uts" }]],
            Devices = null,
        },
        Mounts =
        [
            Bind("/proc", "nosuid", "noexec", "nodev"),
            .. spec.Mounts!.Where(static mount => mount.Destination is "/dev" or "/dev/pts" or "/dev/shm"),
            // With what is mounted below it: the host's cgroups.
            Bind("/sys", "rnosuid", "rnoexec", "rnodev", "rro"),
        ],
    };

    /// <summary>
    /// Not even mounts of its own: the root and nothing else (chroot(2)), which a command that may not call it again can't leave. Without
    /// CAP_SYS_ADMIN the kernel takes a filter only from who gives up set-uid programs.
    /// </summary>
    private static ContainerSpec WithoutMounts(ContainerSpec spec) => ForChroot(spec) with
    {
        Hostname = null,
        Process = spec.Process! with
        {
            NoNewPrivileges = true,
            Capabilities = Without(spec.Process.Capabilities, "CAP_SYS_CHROOT"),
        },
        Linux = spec.Linux! with { Namespaces = [], Devices = null, MaskedPaths = null, ReadonlyPaths = null },
    };

    private static CapabilitiesSpec? Without(CapabilitiesSpec? sets, string name) => sets is null ? null : sets with
    {
        Bounding = sets.Bounding?.Where(item => item != name).ToList(),
        Effective = sets.Effective?.Where(item => item != name).ToList(),
        Permitted = sets.Permitted?.Where(item => item != name).ToList(),
        Inheritable = sets.Inheritable?.Where(item => item != name).ToList(),
        Ambient = sets.Ambient?.Where(item => item != name).ToList(),
    };

    private static MountSpec Bind(string path, params string[] options) =>
        new() { Destination = path, Type = "bind", Source = path, Options = ["rbind", "rslave", .. options] };

    /// <summary>Checks the text of a namespace's flag.</summary>
    /// <param name="kind">As in <c>--ipc</c>.</param>
    /// <param name="text">What was given.</param>
    /// <returns>null for a namespace of its own, <c>host</c>, or a path.</returns>
    /// <exception cref="BuildException">There is no such file.</exception>
    public static string? Parse(string kind, string? text) => text switch
    {
        null or "" or "private" or "container" => null,
        "host" => "host",
        _ when File.Exists(Path(text)) => System.IO.Path.GetFullPath(Path(text)),
        _ => throw new BuildException($"checking {kind} namespace: stat {Path(text)}: no such file or directory (use private, host or a namespace's file)"),
    };

    private static string Path(string text) => text.StartsWith("ns:") ? text[3..] : text;

    private static void Choose(List<NamespaceSpec> namespaces, string type, string? choice)
    {
        if (choice is null or "private")
        {
            return;
        }

        namespaces.RemoveAll(item => item.Type == type);
        if (choice != "host")
        {
            namespaces.Add(new NamespaceSpec { Type = type, Path = choice });
        }
    }
}
