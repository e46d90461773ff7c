using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Oci;

/// <summary>The config.json that "spec" writes: a shell in a terminal, with the namespaces and capabilities that runc's has.</summary>
public static class SpecTemplate
{
    private static readonly string[] Held = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    /// <param name="rootless">For a user without privilege: a user namespace with the caller's id as root, and no network of its own.</param>
    public static ContainerSpec Create(bool rootless)
    {
        string[] types = rootless ? ["pid", "ipc", "uts", "mount", "cgroup", "user"] : ["pid", "network", "ipc", "uts", "mount", "cgroup"];
        return new ContainerSpec
        {
            OciVersion = "1.0.2",
            Hostname = "bldrun",
            Root = new RootSpec { Path = "rootfs", Readonly = true },
            Process = new ProcessSpec
            {
                Terminal = true,
                Args = ["sh"],
                Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
                NoNewPrivileges = true,
                Rlimits = [new RlimitSpec { Type = "RLIMIT_NOFILE", Soft = 1024, Hard = 1024 }],
                Capabilities = DefaultSpec.CapabilitiesOf(Held, root: true),
            },
            Mounts = [.. DefaultSpec.Mounts("65536k").Select(mount => rootless ? Rootless(mount) : mount)],
            Linux = new LinuxSpec
            {
                Namespaces = [.. types.Select(static type => new NamespaceSpec { Type = type })],
                UidMappings = rootless ? [new IdMapping { HostId = Libc.geteuid(), Size = 1 }] : null,
                GidMappings = rootless ? [new IdMapping { HostId = Libc.getegid(), Size = 1 }] : null,
                MaskedPaths = DefaultSpec.MaskedPaths,
                ReadonlyPaths = DefaultSpec.ReadOnlyPaths,
                Resources = rootless ? null : new ResourcesSpec { Devices = [new DeviceRule { Allow = false, Access = "rwm" }] },
            },
        };
    }

    private static MountSpec Rootless(MountSpec mount) => mount.Type switch
    {
        "devpts" => mount with { Options = [.. mount.Options!.Where(static option => option != "gid=5")] },
        "sysfs" => new MountSpec { Destination = "/sys", Type = "bind", Source = "/sys", Options = ["rbind", "nosuid", "noexec", "nodev", "ro"] },
        _ => mount,
    };
}
