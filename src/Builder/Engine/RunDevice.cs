using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>A device of the host that a container gets, as <c>--device host[:container[:permissions]]</c> says.</summary>
/// <param name="Spec">The node in the container.</param>
/// <param name="Access">Letters of <c>rwm</c>.</param>
/// <param name="Source">The node of the host.</param>
internal sealed record RunDevice(DeviceSpec Spec, string Access, string Source)
{
    private const string EveryAccess = "rwm";

    /// <summary>Reads the text of a flag; a directory stands for all devices in it.</summary>
    /// <exception cref="BuildException">It is none, or there is no such device.</exception>
    public static IEnumerable<RunDevice> Parse(string text)
    {
        var parts = text.Split(':');
        var source = parts[0];
        // The second word is a path or, without one, already the permissions.
        var target = parts.Length > 1 && parts[1].StartsWith('/') ? parts[1] : source;
        var access = parts.Length > 2 ? parts[2] : parts.Length > 1 && target == source && !parts[1].StartsWith('/') ? parts[1] : EveryAccess;
        if (parts.Length > 3 || !source.StartsWith('/'))
        {
            throw new BuildException($"invalid device specification: {text}: it must be host[:container[:permissions]] with absolute paths");
        }

        if (access.Length == 0 || access.Any(static letter => !EveryAccess.Contains(letter)))
        {
            throw new BuildException($"invalid device mode: {access}");
        }

        return Find(source, target, access);
    }

    /// <summary>
    /// The rules of the cgroup, where something needs them: a device with less than every access, or a container that may make nodes
    /// itself. Others can't reach a device that isn't theirs, and moving them into a cgroup takes time.
    /// </summary>
    public static IReadOnlyList<DeviceRule>? Rules(IReadOnlyList<RunDevice> devices, IReadOnlyList<string> capabilities) =>
        !capabilities.Contains("CAP_MKNOD") && devices.All(static device => device.Access == EveryAccess)
            ? null
            : [new DeviceRule { Allow = false, Access = EveryAccess }, .. devices.Select(static device => device.Rule)];

    private DeviceRule Rule => new() { Allow = true, Type = Spec.Type, Major = Spec.Major, Minor = Spec.Minor, Access = Access };

    private static List<RunDevice> Find(string source, string target, string access)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(source), OpenFlags.Path, 0, out var opened);
        if (errno != Errno.None)
        {
            throw new BuildException($"getting info of source device {source}: stat {source}: {errno.Describe()}");
        }

        using (opened)
        {
            var status = FileCalls.Status(opened);
            return status.IsDirectory ? InDirectory(source, target, access)
                : status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice ? [Of(source, target, status, access)]
                : throw new BuildException($"{source} is not a device");
        }
    }

    private static List<RunDevice> InDirectory(string source, string target, string access)
    {
        using var directory = FileCalls.Open(source, OpenFlags.ReadOnly | OpenFlags.Directory);
        var devices = new List<RunDevice>();
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var status = FileCalls.Status(directory, entry.Name.Span);
            if (status.Kind is FileKind.CharacterDevice or FileKind.BlockDevice)
            {
                devices.Add(Of($"{source.TrimEnd('/')}/{entry.Name}", $"{target.TrimEnd('/')}/{entry.Name}", status, access));
            }
        }

        return devices.Count > 0 ? devices : throw new BuildException($"{source} holds no devices");
    }

    private static RunDevice Of(string source, string target, FileStatus status, string access) => new(
        new DeviceSpec
        {
            Path = target,
            Type = status.Kind == FileKind.BlockDevice ? "b" : "c",
            Major = status.NodeDevice.Major,
            Minor = status.NodeDevice.Minor,
            FileMode = status.Permissions,
            Uid = status.UserId,
            Gid = status.GroupId,
        },
        access,
        source);
}
