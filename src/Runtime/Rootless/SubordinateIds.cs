using System.Globalization;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Rootless;

/// <summary>The ids that a user may hand out: /etc/subuid and /etc/subgid (subuid(5)), lines of <c>user:first:count</c>.</summary>
internal static class SubordinateIds
{
    /// <summary>The user's own id as 0, and behind it all ranges of the file in their order.</summary>
    internal static List<IdMapping> Map(string file, uint own, string? name)
    {
        List<IdMapping> map = [new IdMapping { ContainerId = 0, HostId = own, Size = 1 }];
        var next = 1UL;
        foreach (var (first, count) in Ranges(ProcessCalls.ReadText(file), own, name))
        {
            if (next + count > uint.MaxValue)
            {
                break;
            }

            map.Add(new IdMapping { ContainerId = (uint)next, HostId = first, Size = count });
            next += count;
        }

        return map;
    }

    /// <summary>All ids of this process's own user namespace as they are (proc_pid_uid_map(5)), for a root who makes another.</summary>
    internal static List<IdMapping> All(string file)
    {
        var map = new List<IdMapping>();
        foreach (var line in (ProcessCalls.ReadText(file) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var first = uint.Parse(fields[0], CultureInfo.InvariantCulture);
            map.Add(new IdMapping { ContainerId = first, HostId = first, Size = uint.Parse(fields[2], CultureInfo.InvariantCulture) });
        }

        return map;
    }

    /// <summary>The ranges of a user, who stands there by name or by number.</summary>
    internal static IEnumerable<(uint First, uint Count)> Ranges(string? text, uint user, string? name)
    {
        var number = user.ToString(CultureInfo.InvariantCulture);
        foreach (var line in (text ?? "").Split('\n'))
        {
            var fields = line.Trim().Split(':');
            if (fields.Length == 3 && (fields[0] == number || (name is not null && fields[0] == name))
                && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
            {
                yield return (first, count);
            }
        }
    }
}
