using System.Text.Json;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>What the spec asks for and can't have: refused with a word, never left out in silence.</summary>
internal static class UnsupportedParts
{
    /// <exception cref="ContainerException">The spec asks for one of them.</exception>
    internal static void Refuse(ContainerRequest request)
    {
        var spec = request.Spec;
        RefuseDoubleNamespaces(spec.Linux);
        if (!string.IsNullOrEmpty(spec.Hostname) && !Has(spec.Linux, "uts"))
        {
            throw new ContainerException("the container's host name would change the host's: it needs a uts namespace", "hostname", spec.Hostname);
        }

        if (!string.IsNullOrEmpty(spec.Domainname) && !Has(spec.Linux, "uts"))
        {
            throw new ContainerException("the container's domain name would change the host's: it needs a uts namespace", "domainname", spec.Domainname);
        }

        if (spec.Linux?.TimeOffsets is { Count: > 0 } && !Has(spec.Linux, "time"))
        {
            throw new ContainerException("timeOffsets need a time namespace", "timeOffsets");
        }

        if (spec.Linux?.RootfsPropagation is { Length: > 0 } propagation && MountOptions.Parse([propagation]).Propagation == 0)
        {
            throw new ContainerException($"unknown rootfsPropagation \"{propagation}\"", "rootfsPropagation", propagation);
        }

        RefuseMember(spec.Linux?.Unknown, "intelRdt", "Intel RDT");
        RefuseMember(spec.Linux?.Resources?.Unknown, "network", "the network's classes and priorities");
        RefuseMember(spec.Linux?.Resources?.Unknown, "rdma", "rdma");
        if (spec.Process?.Terminal == true && request.ConsoleSocket is null)
        {
            throw new ContainerException("a terminal is wanted, and there is no console socket to send it to", "console");
        }
    }

    private static bool Has(LinuxSpec? linux, string type) => linux?.Namespaces?.Any(item => item.Type == type) == true;

    // runtime-spec, "Namespaces": the runtime MUST generate an error.
    private static void RefuseDoubleNamespaces(LinuxSpec? linux)
    {
        for (var i = 1; i < linux?.Namespaces?.Count; i++)
        {
            var type = linux.Namespaces[i].Type;
            if (linux.Namespaces.Take(i).Any(item => item.Type == type))
            {
                throw new ContainerException($"config.json names the {type} namespace twice", "namespaces", type);
            }
        }
    }

    private static void RefuseMember(IDictionary<string, JsonElement>? unknown, string name, string what)
    {
        if (unknown?.TryGetValue(name, out var value) == true && value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any())
        {
            throw new ContainerException($"config.json asks for limits of {what} ({name}), which this runtime does not set: leave them out", name);
        }
    }
}
