using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Calls on stream sockets; a peer that is gone is an end, not a signal.</summary>
internal static unsafe class SocketCalls
{
    /// <summary>send(2) of everything, without SIGPIPE.</summary>
    internal static void SendAll(SafeFileHandle socket, ReadOnlySpan<byte> bytes)
    {
        const int NoSignal = 0x4000;
        while (!bytes.IsEmpty)
        {
            fixed (byte* b = bytes)
            {
                var count = Libc.send(socket, b, (nuint)bytes.Length, NoSignal);
                if (count < 0 && FileCalls.LastError() != Errno.EINTR)
                {
                    throw FileCalls.Failed("send", default, FileCalls.LastError());
                }

                bytes = bytes[(int)Math.Max(count, 0)..];
            }
        }
    }

    /// <summary>recv(2): the number of bytes, 0 when the peer is gone.</summary>
    internal static int Receive(SafeFileHandle socket, Span<byte> buffer)
    {
        const Errno ConnectionReset = (Errno)104;
        fixed (byte* b = buffer)
        {
            while (true)
            {
                var count = Libc.recv(socket, b, (nuint)buffer.Length, 0);
                if (count >= 0)
                {
                    return (int)count;
                }

                switch (FileCalls.LastError())
                {
                    case Errno.EINTR:
                        continue;
                    case ConnectionReset:
                        return 0;
                    case var errno:
                        throw FileCalls.Failed("recv", default, errno);
                }
            }
        }
    }

    /// <summary>Whether the peer is gone, without waiting.</summary>
    internal static bool IsClosed(SafeFileHandle socket)
    {
        const short HungUp = 0x10;
        const short PeerClosed = 0x2000;
        var item = new Libc.PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = PeerClosed };
        return Libc.poll(&item, 1, 0) > 0 && (item.Returned & (HungUp | PeerClosed)) != 0;
    }

    /// <summary>poll(2) for something to read; false when the time is over.</summary>
    internal static bool WaitReadable(SafeFileHandle file, int milliseconds)
    {
        const short Readable = 1;
        var item = new Libc.PollDescriptor { Descriptor = (int)file.DangerousGetHandle(), Events = Readable };
        return Libc.poll(&item, 1, milliseconds) > 0;
    }

    /// <summary>Sends one descriptor with some bytes (SCM_RIGHTS).</summary>
    internal static void SendDescriptor(SafeFileHandle socket, SafeFileHandle descriptor, ReadOnlySpan<byte> text)
    {
        const int SocketLevel = 1;
        const int Rights = 1;

        // struct cmsghdr: length, level, type; then the number, padded to eight bytes.
        var control = stackalloc byte[24];
        new Span<byte>(control, 24).Clear();
        *(nuint*)control = 20;
        ((int*)control)[2] = SocketLevel;
        ((int*)control)[3] = Rights;
        ((int*)control)[4] = (int)descriptor.DangerousGetHandle();
        fixed (byte* t = text)
        {
            var vector = stackalloc nuint[2] { (nuint)t, (nuint)text.Length };
            // struct msghdr: name, its length, vector, its count, control, its length, flags.
            var message = stackalloc nuint[7] { 0, 0, (nuint)vector, 1, (nuint)control, 24, 0 };
            if (Libc.sendmsg(socket, (byte*)message, 0) < 0)
            {
                throw FileCalls.Failed("send the terminal to the console socket", default, FileCalls.LastError());
            }
        }
    }
}
