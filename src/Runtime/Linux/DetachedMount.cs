using System.Runtime.InteropServices;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// A detached mount by the old mount(2), for options that the new API can't take: a thread with a mount namespace of its own mounts
/// there and takes a clone along; the namespace ends with the thread. Needs open_tree (Linux 5.2).
/// </summary>
public static class DetachedMount
{
    /// <param name="type">The file system type.</param>
    /// <param name="directories">Paths of the host; they are opened in that namespace, where alone mount(2) may use them.</param>
    /// <param name="options">Makes the options from the opened directories; a relative path in them starts at <c>/proc/self/fd</c>.</param>
    /// <param name="readOnly">Whether nothing can be written through the mount.</param>
    /// <param name="mount">The detached mount.</param>
    public static Errno TryCreate(
        ReadOnlySpan<byte> type, IReadOnlyList<string> directories, Func<IReadOnlyList<SafeFileHandle>, byte[]> options, bool readOnly, out SafeFileHandle mount)
    {
        var typeCopy = type.ToArray();
        var opened = new List<SafeFileHandle>(directories.Count);
        var result = Errno.EINVAL;
        SafeFileHandle? made = null;
        var thread = new Thread(() =>
        {
            result = EnterOwnNamespace();
            for (var i = 0; i < directories.Count && result == Errno.None; i++)
            {
                result = FileCalls.TryOpen(
                    FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(directories[i]), OpenFlags.Path | OpenFlags.Directory, 0, out var directory);
                opened.Add(directory);
            }

            if (result == Errno.None)
            {
                result = MountHere(typeCopy, options(opened), readOnly, out made);
            }
        });
        thread.Start();
        thread.Join();
        opened.ForEach(static handle => handle.Dispose());
        mount = made ?? new SafeFileHandle();
        return result;
    }

    private static unsafe Errno EnterOwnNamespace()
    {
        const ulong PrivateRecursive = 0x40000 | 0x4000;
        const int NewNamespaceAndWorkingDirectory = 0x20000 | 0x200;
        var unshare = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 97 : 272;
        var changeDirectory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 49 : 80;
        ReadOnlySpan<byte> descriptors = "/proc/self/fd\0"u8;
        fixed (byte* d = descriptors)
        {
            if (Libc.syscall(unshare, NewNamespaceAndWorkingDirectory, 0, 0, 0, 0, 0) < 0
                || Libc.syscall(changeDirectory, (nint)d, 0, 0, 0, 0, 0) < 0)
            {
                return FileCalls.LastError();
            }
        }

        return MountCalls.TryMount("none"u8, "/"u8, "none"u8, PrivateRecursive, default);
    }

    // /proc is a place that is always there; what is mounted over it is seen by this thread alone.
    private static Errno MountHere(byte[] type, byte[] options, bool readOnly, out SafeFileHandle? mount)
    {
        const ulong ReadOnlyMount = 1;
        mount = null;
        var errno = MountCalls.TryMount(type, "/proc"u8, type, readOnly ? ReadOnlyMount : 0, options);
        return errno == Errno.None
            ? MountCalls.TryOpenTree(FileCalls.CurrentDirectory, "/proc"u8, clone: true, recursive: false, out mount)
            : errno;
    }
}
