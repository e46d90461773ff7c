using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>Places as they are mounted.</summary>
internal static class MountTree
{
    /// <summary>
    /// A detached mount of a place; where nothing can be mounted the place itself, opened anew by its path only
    /// (<see cref="MountsAsFiles"/>).
    /// </summary>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    internal static SafeFileHandle Of(SafeFileHandle place, bool recursive)
    {
        if (!MountCalls.AreAllowed)
        {
            return FileCalls.Open($"/proc/self/fd/{place.DangerousGetHandle()}", OpenFlags.Path);
        }

        var errno = MountCalls.TryOpenTree(place, default, clone: true, recursive, out var tree);
        return errno == Errno.None ? tree : throw new LinuxException("open_tree", "", errno);
    }
}
