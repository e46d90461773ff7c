using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Users;

/// <summary>Who a command runs as: ids, the home directory and the further groups.</summary>
/// <param name="Uid">User id inside the container.</param>
/// <param name="Gid">Group id inside the container.</param>
/// <param name="AdditionalGids">The groups that /etc/group lists the user in; empty when a group was named.</param>
/// <param name="Home">The home directory of /etc/passwd; <c>/</c> for a user that is not there.</param>
/// <param name="Name">The name of /etc/passwd; null for a user that is not there.</param>
public sealed record ResolvedUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids, string Home, string? Name);

/// <summary>No such user or group; the message is the one that Docker's users know.</summary>
public sealed class UserLookupException(string message) : Exception(message);

/// <summary>
/// The users and groups of an image: /etc/passwd and /etc/group below <paramref name="root"/>, opened without leaving it.
/// Files that are missing count as empty; of a huge one only the first megabytes are read, because a stranger wrote it.
/// </summary>
/// <param name="root">A descriptor of the root directory (O_PATH will do); not disposed here.</param>
public sealed class UserDatabase(SafeFileHandle root)
{
    private const int LargestFile = 4 << 20;
    private const uint LargestId = int.MaxValue;

    /// <summary>Resolves <c>user</c>, <c>uid</c>, <c>user:group</c> and mixtures; empty is root.</summary>
    /// <exception cref="UserLookupException">A name is in neither file, or an id is out of range.</exception>
    public ResolvedUser Resolve(string specification)
    {
        var colon = specification.IndexOf(':', StringComparison.Ordinal);
        var userText = colon < 0 ? specification : specification[..colon];
        var groupText = colon < 0 ? "" : specification[(colon + 1)..];
        var user = FindUser(userText);
        if (groupText.Length > 0)
        {
            return user with { Gid = FindGroup(groupText) };
        }

        return user.Name is null ? user : user with { AdditionalGids = GroupsOf(user.Name) };
    }

    /// <summary>Resolves a group's name or id alone, as COPY --chown wants it.</summary>
    /// <exception cref="UserLookupException">The name is not in /etc/group.</exception>
    public uint ResolveGroup(string group) => FindGroup(group);

    /// <summary>The home directory of a user id; null when /etc/passwd doesn't have it.</summary>
    public string? FindHome(uint uid)
    {
        foreach (var line in Lines("etc/passwd"u8))
        {
            var fields = line.Split(':');
            if (fields.Length >= 6 && TryParseId(fields[2], out var id) && id == uid)
            {
                return fields[5].Length > 0 ? fields[5] : "/";
            }
        }

        return null;
    }

    /// <summary>The name of a user id; null when /etc/passwd doesn't have it.</summary>
    public string? FindName(uint uid)
    {
        foreach (var line in Lines("etc/passwd"u8))
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && TryParseId(fields[2], out var id) && id == uid)
            {
                return fields[0];
            }
        }

        return null;
    }

    private ResolvedUser FindUser(string text)
    {
        var isNumber = TryParseId(text, out var number);
        var wanted = text.Length == 0 ? "0" : text;
        foreach (var line in Lines("etc/passwd"u8))
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && TryParseId(fields[2], out var uid) && TryParseId(fields[3], out var gid)
                && (fields[0] == wanted || (isNumber && uid == number) || (text.Length == 0 && uid == 0)))
            {
                var home = fields.Length > 5 && fields[5].Length > 0 ? fields[5] : "/";
                return new ResolvedUser(uid, gid, [], home, fields[0]);
            }
        }

        if (isNumber || text.Length == 0)
        {
            return new ResolvedUser(RequireRange(number), 0, [], "/", null);
        }

        throw new UserLookupException($"unable to find user {text}: unknown user error looking up user \"{text}\": no matching entries in passwd file");
    }

    private uint FindGroup(string text)
    {
        var isNumber = TryParseId(text, out var number);
        foreach (var line in Lines("etc/group"u8))
        {
            var fields = line.Split(':');
            if (fields.Length >= 3 && TryParseId(fields[2], out var gid) && (fields[0] == text || (isNumber && gid == number)))
            {
                return gid;
            }
        }

        return isNumber
            ? RequireRange(number)
            : throw new UserLookupException($"unable to find group {text}: unknown group error looking up group \"{text}\": no matching entries in group file");
    }

    private List<uint> GroupsOf(string user)
    {
        var groups = new List<uint>();
        foreach (var line in Lines("etc/group"u8))
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && TryParseId(fields[2], out var gid) && Array.IndexOf(fields[3].Split(','), user) >= 0)
            {
                groups.Add(gid);
            }
        }

        return groups;
    }

    private string[] Lines(ReadOnlySpan<byte> path)
    {
        const ResolveFlags Inside = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
        // Non-blocking: a fifo or device in its place must not hang us; only a regular file is read.
        if (FileCalls.TryOpenResolving(root, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, Inside, out var file) != Errno.None)
        {
            return [];
        }

        using (file)
        {
            return FileCalls.Status(file).IsRegular
                ? Encoding.UTF8.GetString(ProcessCalls.ReadAll(file, LargestFile)).Split('\n', StringSplitOptions.TrimEntries)
                : [];
        }
    }

    private static uint RequireRange(uint id) =>
        id <= LargestId ? id : throw new UserLookupException("uids and gids must be in range 0-2147483647");

    private static bool TryParseId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
