using Bld.Runtime.Linux;

namespace Bld.Runtime.Plans;

/// <summary>The spec's words for kinds of namespace.</summary>
internal static class Namespaces
{
    internal static NamespaceFlags Parse(string type) => type switch
    {
        "pid" => NamespaceFlags.Pid,
        "network" => NamespaceFlags.Network,
        "mount" => NamespaceFlags.Mount,
        "ipc" => NamespaceFlags.Ipc,
        "uts" => NamespaceFlags.Uts,
        "user" => NamespaceFlags.User,
        "cgroup" => NamespaceFlags.Cgroup,
        "time" => NamespaceFlags.Time,
        _ => throw new ContainerException($"unknown namespace type \"{type}\"", "namespaces", type),
    };
}
