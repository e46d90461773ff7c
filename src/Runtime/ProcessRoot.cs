using Bld.Runtime.Linux;
using Bld.Runtime.Oci;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>The root directory of a process that lives in a mount namespace of its own, for others to mount elsewhere.</summary>
public static class ProcessRoot
{
    private const int SmallStack = 128 * 1024;

    /// <summary>When a process began, in ticks since boot: with its number it names the process for good. 0 when there is none.</summary>
    public static ulong StartTime(int process) => ProcessStatus.Read(process)?.StartTime ?? 0;

    /// <summary>Whether the process that began then has not ended.</summary>
    public static bool IsAlive(int process, ulong startTime) => ProcessStatus.IsAlive(process, startTime);

    /// <summary>
    /// A detached copy of the mount that is the process's root, without what is mounted in it. Null when the process has ended, or when
    /// its namespaces are not for this one to enter.
    /// </summary>
    /// <param name="process">Its number.</param>
    /// <param name="startTime">When it began, as <see cref="StartTime"/> says.</param>
    public static SafeFileHandle? TryClone(int process, ulong startTime)
    {
        var path = ByteString.From(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{process}/ns/mnt"));
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, path.Span, OpenFlags.ReadOnly, 0, out var place) != Errno.None)
        {
            return null;
        }

        using (place)
        {
            // Only now: a number that was used again in between would have been another's namespace.
            return ProcessStatus.IsAlive(process, startTime) ? CloneRoot(place) : null;
        }
    }

    private static SafeFileHandle? CloneRoot(SafeFileHandle mountNamespace)
    {
        SafeFileHandle? root = null;
        var errno = Errno.None;
        // A thread that goes there can't come back, so one goes that has nothing else to do.
        var visitor = new Thread(
            () =>
            {
                errno = ProcessCalls.TryJoin(mountNamespace, NamespaceFlags.Mount);
                if (errno == Errno.None)
                {
                    errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, "/"u8, clone: true, recursive: false, out root);
                }
            },
            SmallStack);
        visitor.Start();
        visitor.Join();
        return errno == Errno.None ? root : null;
    }
}
