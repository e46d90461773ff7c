using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Pipes, and waiting for several of them at once.</summary>
public static unsafe partial class PipeCalls
{
    private const short PollIn = 0x1;
    private const short PollOut = 0x4;

    /// <summary>pipe2(2), both ends close-on-exec.</summary>
    public static (SafeFileHandle Reader, SafeFileHandle Writer) Create()
    {
        const int CloseOnExec = 0x80000;
        var ends = stackalloc int[2];
        return pipe2(ends, CloseOnExec) < 0
            ? throw new LinuxException("pipe2", "", FileCalls.LastError())
            : (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>
    /// poll(2) until one of the descriptors can be read or is at its end.
    /// Null entries are skipped; the result tells for each entry whether it is ready.
    /// </summary>
    public static void WaitReadable(ReadOnlySpan<SafeFileHandle?> files, Span<bool> ready)
    {
        var polls = stackalloc PollDescriptor[files.Length];
        for (var i = 0; i < files.Length; i++)
        {
            // A negative descriptor is one that poll leaves out.
            polls[i] = new PollDescriptor { Descriptor = files[i] is { } file ? (int)file.DangerousGetHandle() : -1, Events = PollIn };
        }

        Poll(polls, files.Length);
        for (var i = 0; i < files.Length; i++)
        {
            ready[i] = polls[i].Returned != 0;
        }
    }

    /// <summary>poll(2) until a descriptor takes more, or nobody reads it any longer.</summary>
    public static void WaitWritable(SafeFileHandle file)
    {
        var poll = new PollDescriptor { Descriptor = (int)file.DangerousGetHandle(), Events = PollOut };
        Poll(&poll, 1);
    }

    private static void Poll(PollDescriptor* files, int count)
    {
        while (poll(files, (nuint)count, -1) < 0)
        {
            if (FileCalls.LastError() is var errno and not Errno.EINTR)
            {
                throw new LinuxException("poll", "", errno);
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* files, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
