using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>Which extended attributes are content of a rootfs; the one list for reading, writing and copying.</summary>
internal static class ContentAttributes
{
    /// <summary>
    /// File capabilities and users' attributes are content. Left out: overlay's own marks, SELinux labels and ACLs, which come from
    /// the host that the file lies on and would make layers differ between machines, and <c>trusted.*</c>, which no user of an
    /// image could read.
    /// </summary>
    internal static bool Belongs(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("security.capability"u8)
        || (name.StartsWith("user."u8) && name.Length > "user."u8.Length && !name.StartsWith("user.overlay."u8));

    /// <summary>Sets one; a file system or a user namespace that can't hold it is no reason to fail an image that others can use.</summary>
    internal static void Set(SafeFileHandle directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (FileCalls.TrySetAttribute(directory, path, name, value)
            is var errno and not (Errno.None or Errno.EOPNOTSUPP or Errno.EPERM or Errno.EACCES))
        {
            throw new LinuxException("setxattr", path.IsEmpty ? "" : System.Text.Encoding.UTF8.GetString(path), errno);
        }
    }
}
