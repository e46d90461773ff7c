using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>The spec's devices, after those that each container has (runtime-spec, "Default Devices").</summary>
internal static class DevicePlanner
{
    private const uint Everybody = 0x1B6;

    internal static DeviceStep[] Plan(IReadOnlyList<DeviceSpec> devices)
    {
        var steps = new List<DeviceStep>(6 + devices.Count)
        {
            Character("/dev/null", 1, 3),
            Character("/dev/zero", 1, 5),
            Character("/dev/full", 1, 7),
            Character("/dev/random", 1, 8),
            Character("/dev/urandom", 1, 9),
            Character("/dev/tty", 5, 0),
        };
        foreach (var device in devices)
        {
            var step = Plan(device);
            steps.RemoveAll(other => other.Path.AsSpan().SequenceEqual(step.Path));
            steps.Add(step);
        }

        return [.. steps];
    }

    private static DeviceStep Plan(DeviceSpec device)
    {
        var kind = device.Type switch
        {
            "c" or "u" => FileKind.CharacterDevice,
            "b" => FileKind.BlockDevice,
            "p" => FileKind.Fifo,
            _ => throw new ContainerException($"device {device.Path}: unknown type \"{device.Type}\"", "devices", device.Path),
        };
        return new DeviceStep
        {
            Path = PlanBuilder.Bytes(device.Path),
            RawMode = (uint)kind | ((device.FileMode ?? Everybody) & 0xFFF),
            Major = (uint)device.Major,
            Minor = (uint)device.Minor,
            User = device.Uid ?? 0,
            Group = device.Gid ?? 0,
        };
    }

    private static DeviceStep Character(string path, uint major, uint minor) => new()
    {
        Path = PlanBuilder.Bytes(path),
        RawMode = (uint)FileKind.CharacterDevice | Everybody,
        Major = major,
        Minor = minor,
    };
}
