using System.Globalization;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Rootless;

/// <summary>The maps of user namespaces (user_namespaces(7)), for who wants commands to have other ids on the host than inside.</summary>
public static class UserMaps
{
    /// <summary>A user namespace that no process is in, for mounts that show files with its ids.</summary>
    /// <exception cref="ContainerException">It can't be made, or not with these maps.</exception>
    public static SafeFileHandle MakeNamespace(IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups)
    {
        try
        {
            return UserNamespaceSpawn.Make(users, groups);
        }
        catch (SetupFailure failure)
        {
            throw new ContainerException(failure.Message, failure.Step, failure.Path, failure.Errno);
        }
    }

    /// <summary>The ids that /etc/subuid or /etc/subgid gives a user, as those from 0 on; none when there are none.</summary>
    /// <param name="file">Which of the two.</param>
    /// <param name="user">A name, or a number.</param>
    public static IReadOnlyList<IdMapping> OfUser(string file, string user)
    {
        var map = new List<IdMapping>();
        var next = 0U;
        var number = uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : uint.MaxValue;
        foreach (var (first, count) in SubordinateIds.Ranges(ProcessCalls.ReadText(file), number, user))
        {
            map.Add(new IdMapping { ContainerId = next, HostId = first, Size = count });
            next += count;
        }

        return map;
    }

    /// <summary>A map as /proc/PID/uid_map shows it; none when there is no such file.</summary>
    public static IReadOnlyList<IdMapping> Read(string file) =>
    [
        .. (ProcessCalls.ReadText(file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))),
    ];

    /// <summary>A range of its three numbers: the first id inside, the first id of the host, how many.</summary>
    /// <exception cref="FormatException">They are none.</exception>
    public static IdMapping Parse(IReadOnlyList<string> numbers) => new()
    {
        ContainerId = uint.Parse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture),
        HostId = uint.Parse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture),
        Size = uint.Parse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture),
    };
}
