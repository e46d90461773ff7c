using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Plans;

/// <summary>mount(8) options sorted into mount attributes, propagation, and what belongs to the file system.</summary>
internal sealed class MountOptions
{
    private const int Unbindable = 1 << 17;
    private const int Private = 1 << 18;
    private const int Slave = 1 << 19;
    private const int Shared = 1 << 20;
    private const MountAttributeFlags AccessTimes = MountAttributeFlags.NoAccessTime | MountAttributeFlags.StrictAccessTime;
    private readonly List<byte[]> _data = [];

    internal MountAttributeFlags Set { get; private set; }

    internal MountAttributeFlags Cleared { get; private set; }

    internal MountAttributeFlags RecursiveSet { get; private set; }

    internal MountAttributeFlags RecursiveCleared { get; private set; }

    internal int Propagation { get; private set; }

    internal bool RecursivePropagation { get; private set; }

    /// <summary>The propagation as mount(2) has it, with MS_REC where it is recursive.</summary>
    internal int PropagationWithDepth => Propagation == 0 ? 0 : Propagation | (RecursivePropagation ? 0x4000 : 0);

    internal bool IsBind { get; private set; }

    internal bool IsRecursive { get; private set; }

    internal bool CopiesUp { get; private set; }

    /// <summary><c>idmap</c> is 1, <c>ridmap</c> 2.</summary>
    internal int IdMap { get; private set; }

    /// <summary>Names and values by turns.</summary>
    internal byte[][] Data => [.. _data];

    internal static MountOptions Parse(IReadOnlyList<string> options)
    {
        var parsed = new MountOptions();
        foreach (var option in options)
        {
            parsed.Add(option);
        }

        return parsed;
    }

    private void Add(string option)
    {
        if (option.Length == 0 || AddKind(option) || AddPropagation(option) || AddAttribute(option, recursive: false)
            || (option[0] == 'r' && AddAttribute(option[1..], recursive: true)))
        {
            return;
        }

        var equals = option.IndexOf('=', StringComparison.Ordinal);
        _data.Add(Encoding.UTF8.GetBytes(equals < 0 ? option : option[..equals]));
        _data.Add(Encoding.UTF8.GetBytes(equals < 0 ? "" : option[(equals + 1)..]));
    }

    private bool AddKind(string option)
    {
        switch (option)
        {
            case "bind":
                IsBind = true;
                return true;
            case "rbind":
                IsBind = IsRecursive = true;
                return true;
            case "tmpcopyup":
                CopiesUp = true;
                return true;
            case "idmap":
                IdMap = 1;
                return true;
            case "ridmap":
                IdMap = 2;
                return true;
            case "defaults" or "async" or "auto" or "noauto" or "user" or "nouser" or "silent" or "loud" or "mand" or "nomand"
                or "copyup" or "notmpcopyup":
                return true;
            default:
                return false;
        }
    }

    private bool AddPropagation(string option)
    {
        var value = option switch
        {
            "private" or "rprivate" => Private,
            "slave" or "rslave" => Slave,
            "shared" or "rshared" => Shared,
            "unbindable" or "runbindable" => Unbindable,
            _ => 0,
        };
        if (value == 0)
        {
            return false;
        }

        Propagation = value;
        RecursivePropagation = option[0] == 'r';
        return true;
    }

    private bool AddAttribute(string option, bool recursive)
    {
        var (set, cleared) = option switch
        {
            "ro" => (MountAttributeFlags.ReadOnly, MountAttributeFlags.None),
            "rw" => (MountAttributeFlags.None, MountAttributeFlags.ReadOnly),
            "nosuid" => (MountAttributeFlags.NoSetUserId, MountAttributeFlags.None),
            "suid" => (MountAttributeFlags.None, MountAttributeFlags.NoSetUserId),
            "nodev" => (MountAttributeFlags.NoDevices, MountAttributeFlags.None),
            "dev" => (MountAttributeFlags.None, MountAttributeFlags.NoDevices),
            "noexec" => (MountAttributeFlags.NoExecute, MountAttributeFlags.None),
            "exec" => (MountAttributeFlags.None, MountAttributeFlags.NoExecute),
            "noatime" => (MountAttributeFlags.NoAccessTime, AccessTimes),
            "strictatime" => (MountAttributeFlags.StrictAccessTime, AccessTimes),
            "relatime" or "atime" or "norelatime" or "nostrictatime" => (MountAttributeFlags.None, AccessTimes),
            "nodiratime" => (MountAttributeFlags.NoDirectoryAccessTime, MountAttributeFlags.None),
            "diratime" => (MountAttributeFlags.None, MountAttributeFlags.NoDirectoryAccessTime),
            "nosymfollow" => (MountAttributeFlags.NoSymbolicLinks, MountAttributeFlags.None),
            "symfollow" => (MountAttributeFlags.None, MountAttributeFlags.NoSymbolicLinks),
            _ => (MountAttributeFlags.None, MountAttributeFlags.None),
        };
        if (set == MountAttributeFlags.None && cleared == MountAttributeFlags.None)
        {
            return false;
        }

        if (recursive)
        {
            (RecursiveSet, RecursiveCleared) = Merge(RecursiveSet, RecursiveCleared, set, cleared);
        }
        else
        {
            (Set, Cleared) = Merge(Set, Cleared, set, cleared);
        }

        return true;
    }

    // A later option wins over an earlier one.
    private static (MountAttributeFlags Set, MountAttributeFlags Cleared) Merge(
        MountAttributeFlags set, MountAttributeFlags cleared, MountAttributeFlags also, MountAttributeFlags without) =>
        ((set & ~without) | also, (cleared & ~also) | without);
}
