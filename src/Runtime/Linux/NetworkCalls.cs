using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>The little that is needed of a network namespace without anything configured.</summary>
internal static unsafe class NetworkCalls
{
    /// <summary>Brings <c>lo</c> of this thread's network namespace up; the kernel gives it its addresses.</summary>
    internal static void BringLoopbackUp()
    {
        const int Inet = 2;
        const int DatagramCloseOnExec = 2 | 0x80000;
        const nuint GetFlags = 0x8913;
        const nuint SetFlags = 0x8914;
        const short UpAndRunning = 0x41;
        var descriptor = Libc.socket(Inet, DatagramCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw FileCalls.Failed("socket", default, FileCalls.LastError());
        }

        using var socket = new SafeFileHandle(descriptor, ownsHandle: true);

        // struct ifreq: sixteen bytes of name, then a union that begins with the flags.
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, 16));
        if (Libc.ioctl(socket, GetFlags, (nint)request) < 0)
        {
            throw FileCalls.Failed("read flags of", "lo"u8, FileCalls.LastError());
        }

        *(short*)(request + 16) |= UpAndRunning;
        if (Libc.ioctl(socket, SetFlags, (nint)request) < 0)
        {
            throw FileCalls.Failed("bring up", "lo"u8, FileCalls.LastError());
        }
    }
}
