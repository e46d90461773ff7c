using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>The spec's sysctls: those that a namespace of the container's own keeps from the host, and no others (sysctl(5), namespaces(7)).</summary>
/// <param name="linux">Where they stand, with the namespaces.</param>
/// <param name="made">The namespaces that are made for the container.</param>
internal sealed class Sysctls(LinuxSpec linux, NamespaceFlags made)
{
    private static readonly string[] Ipc = ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"];

    /// <summary>Names and values by turns.</summary>
    /// <exception cref="ContainerException">One of them would change the host.</exception>
    internal byte[][] Plan()
    {
        var values = new List<byte[]>();
        foreach (var (name, value) in linux.Sysctl ?? new Dictionary<string, string>())
        {
            Require(name);
            values.Add(PlanBuilder.Bytes(name));
            values.Add(PlanBuilder.Bytes(value));
        }

        return [.. values];
    }

    private void Require(string name)
    {
        var parts = SysctlName.PathOf(name).Split('/');
        if (parts.Length < 2 || parts.Any(static part => part is "" or "." or ".."))
        {
            throw new ContainerException($"sysctl \"{name}\" is no name of one", "sysctl", name);
        }

        var (type, kind) = parts switch
        {
            ["net", ..] => (NamespaceFlags.Network, "network"),
            ["fs", "mqueue", ..] => (NamespaceFlags.Ipc, "ipc"),
            ["kernel", var last] when Ipc.Contains(last) => (NamespaceFlags.Ipc, "ipc"),
            ["kernel", "domainname"] => (NamespaceFlags.Uts, "uts"),
            ["user", ..] => (NamespaceFlags.User, "user"),
            ["kernel", "hostname"] => throw new ContainerException("sysctl kernel.hostname is said by the field \"hostname\" of config.json", "sysctl", name),
            _ => throw new ContainerException($"sysctl {name} would change the host: it belongs to no namespace that a container can have", "sysctl", name),
        };
        if (!IsOwn(type, kind))
        {
            throw new ContainerException($"sysctl {name} would change the host: the container needs its own {kind} namespace", "sysctl", name);
        }
    }

    private bool IsOwn(NamespaceFlags type, string kind)
    {
        var item = linux.Namespaces?.FirstOrDefault(item => item.Type == kind);
        return (made & type) != NamespaceFlags.None || (item is not null && (string.IsNullOrEmpty(item.Path) ? type == NamespaceFlags.User : !IsHosts(item.Path, kind)));
    }

    private static bool IsHosts(string path, string kind)
    {
        var name = kind == "network" ? "net" : kind;
        return FileCalls.TryStatus(FileCalls.CurrentDirectory, PlanBuilder.Bytes(path), out var wanted) == Errno.None
            && FileCalls.TryStatus(FileCalls.CurrentDirectory, Encoding.ASCII.GetBytes($"/proc/self/ns/{name}"), out var own) == Errno.None
            && (wanted.Device, wanted.Inode) == (own.Device, own.Inode);
    }
}
