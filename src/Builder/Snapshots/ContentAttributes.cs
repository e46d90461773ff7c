using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>Which extended attributes are content of a rootfs; the one list for reading, writing and copying.</summary>
internal static class ContentAttributes
{
    /// <summary>
    /// File capabilities and users' attributes are content. Left out: overlay's own marks, SELinux labels and ACLs, which come from
    /// the host that the file lies on and would make layers differ between machines, and <c>trusted.*</c>, which no user of an
    /// image could read. A PAX keyword can't hold an equals sign, so names with one can't travel.
    /// </summary>
    internal static bool Belongs(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("security.capability"u8)
        || (name.StartsWith("user."u8) && !name.StartsWith("user.overlay."u8) && !name.Contains((byte)'='));

    /// <summary>Sets one; a file system or a user namespace that can't hold it is no reason to fail an image that others can use.</summary>
    internal static void Set(SafeFileHandle file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (FileCalls.TrySetAttribute(file, name, value)
            is var errno and not (Errno.None or Errno.EOPNOTSUPP or Errno.EPERM or Errno.EACCES))
        {
            throw new LinuxException("setxattr", System.Text.Encoding.UTF8.GetString(name), errno);
        }
    }
}
