using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Cgroups;

/// <summary>Which devices a container's processes may make, read and write, whatever nodes they find.</summary>
internal static class DeviceLimits
{
    /// <summary>What every container may use: making nodes (not opening them), and the devices of the spec's default list.</summary>
    private static readonly DeviceRule[] AlwaysAllowed =
    [
        new() { Allow = true, Type = "c", Access = "m" }, new() { Allow = true, Type = "b", Access = "m" },
        Character(1, 3), Character(1, 5), Character(1, 7), Character(1, 8), Character(1, 9), Character(5, 0), Character(5, 1),
        Character(5, 2), new() { Allow = true, Type = "c", Major = 136, Access = "rwm" },
    ];

    /// <exception cref="ContainerException">The list can't be set.</exception>
    internal static void Apply(IReadOnlyList<CgroupDirectory> directories, IReadOnlyList<DeviceRule>? rules)
    {
        if (rules is not { Count: > 0 })
        {
            return;
        }

        IReadOnlyList<DeviceRule> all = rules[0].Allow && rules.Count == 1 ? rules : [.. rules, .. AlwaysAllowed];
        var first = directories.FirstOrDefault(static directory => !directory.IsUnified && directory.Controllers.Contains("devices"));
        if (first is not null)
        {
            Write(first, all);
        }
        else if (directories.FirstOrDefault(static directory => directory.IsUnified) is { } second)
        {
            Attach(second, all);
        }
    }

    // Who is root of a user namespace only may not, and can't make a node that the list could keep it from.
    private static void Attach(CgroupDirectory directory, IReadOnlyList<DeviceRule> rules)
    {
        var errno = DeviceProgram.TryAttach(directory.Path, rules);
        if (errno != Errno.None && CgroupName.IsFullRoot())
        {
            throw new ContainerException($"the list of devices can't be set: attach a BPF program to {directory.Path}: {errno.Describe()}", "cgroup", "devices", errno);
        }
    }

    private static void Write(CgroupDirectory directory, IReadOnlyList<DeviceRule> rules)
    {
        foreach (var rule in rules)
        {
            var file = rule.Allow ? "devices.allow" : "devices.deny";
            var errno = directory.TryWrite(file, Text(rule));
            if (errno != Errno.None && CgroupName.IsFullRoot())
            {
                throw new ContainerException($"the list of devices can't be set: write {Text(rule)} to {file}: {errno.Describe()}", "cgroup", "devices", errno);
            }
        }
    }

    private static string Text(DeviceRule rule) =>
        (rule.Type ?? "a") == "a" && rule.Major is null or < 0
            ? "a"
            : $"{rule.Type ?? "a"} {Number(rule.Major)}:{Number(rule.Minor)} {(string.IsNullOrEmpty(rule.Access) ? "rwm" : rule.Access)}";

    private static string Number(long? value) => value is null or < 0 ? "*" : $"{value}";

    private static DeviceRule Character(long major, long minor) => new() { Allow = true, Type = "c", Major = major, Minor = minor, Access = "rwm" };
}
