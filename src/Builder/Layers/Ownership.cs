using System.Globalization;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>
/// What a new file has from the start: this process's ids and a mode without the umask's bits. So most files of most images, which
/// are root's and 0644 or 0755, need neither chown nor chmod.
/// </summary>
internal sealed class Ownership
{
    private readonly uint _user;
    private readonly uint _group;
    private readonly uint _umask;

    private Ownership(uint user, uint group, uint umask) => (_user, _group, _umask) = (user, group, umask);

    /// <summary>For files made below a directory.</summary>
    internal static Ownership Of(SafeFileHandle root)
    {
        var ids = default((uint User, uint Group, uint Umask));
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            var fields = line.Split('\t');
            switch (fields[0])
            {
                // Real, effective, saved, file system.
                case "Uid:":
                    ids.User = uint.Parse(fields[4], CultureInfo.InvariantCulture);
                    break;
                case "Gid:":
                    ids.Group = uint.Parse(fields[4], CultureInfo.InvariantCulture);
                    break;
                case "Umask:":
                    ids.Umask = Convert.ToUInt32(fields[1], 8);
                    break;
                default:
                    continue;
            }
        }

        // A default ACL takes the umask's place, a setgid directory gives its own group: then nothing is as it seems.
        var plain = FileCalls.Attribute(root, "system.posix_acl_default"u8) is null && (FileCalls.Status(root).RawMode & 0x400) == 0;
        return plain ? new Ownership(ids.User, ids.Group, ids.Umask) : new Ownership(uint.MaxValue, uint.MaxValue, 0xFFF);
    }

    /// <summary>The mode to create with. Special bits come only after the owner.</summary>
    internal uint CreationMode(TarEntry entry) => NeedsMode(entry) ? entry.Mode & 0x180 : entry.Mode;

    internal bool NeedsMode(TarEntry entry) => (entry.Mode & (_umask | 0xE00)) != 0;

    internal bool NeedsChange(TarEntry entry) => entry.UserId != _user || entry.GroupId != _group;
}
