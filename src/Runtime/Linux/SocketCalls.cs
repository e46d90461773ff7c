using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Calls on stream sockets; a peer that is gone is an end, not a signal.</summary>
internal static unsafe class SocketCalls
{
    /// <summary>How many descriptors one message carries at most: the numbers that init gets them at stay below <see cref="ProcessCalls.High"/>.</summary>
    internal const int DescriptorsAtOnce = 16;

    private const int AddressBytes = 110;
    private const int ControlHeader = 16;
    private const int SocketLevel = 1;
    private const int Rights = 1;

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

    /// <summary>A listening stream socket at a path, which must not exist; only its owner may connect.</summary>
    internal static SafeFileHandle Listen(string path)
    {
        var socket = Create();
        var address = stackalloc byte[AddressBytes];
        using var directory = Address(path, address);
        if (Libc.bind(socket, address, AddressBytes) < 0 || Libc.listen(socket, 4) < 0)
        {
            socket.Dispose();
            throw FileCalls.Failed("listen at", Encoding.UTF8.GetBytes(path), FileCalls.LastError());
        }

        return socket;
    }

    /// <summary>A stream socket connected to a path.</summary>
    internal static SafeFileHandle Connect(string path)
    {
        var socket = Create();
        var address = stackalloc byte[AddressBytes];
        using var directory = Address(path, address);
        if (Libc.connect(socket, address, AddressBytes) < 0)
        {
            socket.Dispose();
            throw FileCalls.Failed("connect to", Encoding.UTF8.GetBytes(path), FileCalls.LastError());
        }

        return socket;
    }

    /// <summary>accept4(2), close-on-exec; waits.</summary>
    internal static SafeFileHandle Accept(SafeFileHandle listener)
    {
        const int CloseOnExec = 0x80000;
        int accepted;
        while ((accepted = Libc.accept4(listener, null, null, CloseOnExec)) < 0)
        {
            if (FileCalls.LastError() is var errno and not Errno.EINTR)
            {
                throw FileCalls.Failed("accept", default, errno);
            }
        }

        return new SafeFileHandle(accepted, ownsHandle: true);
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

    /// <summary>Sends the terminal's descriptor with some bytes (SCM_RIGHTS).</summary>
    internal static void SendDescriptor(SafeFileHandle socket, SafeFileHandle descriptor, ReadOnlySpan<byte> text) =>
        SendDescriptors(socket, [(int)descriptor.DangerousGetHandle()], text, "send the terminal to the console socket");

    /// <summary>Sends up to <see cref="DescriptorsAtOnce"/> descriptors with some bytes (SCM_RIGHTS).</summary>
    internal static void SendDescriptors(SafeFileHandle socket, ReadOnlySpan<int> numbers, ReadOnlySpan<byte> text, string operation)
    {
        var control = stackalloc byte[ControlHeader + (DescriptorsAtOnce * sizeof(int))];
        *(nuint*)control = (nuint)(ControlHeader + (numbers.Length * sizeof(int)));
        ((int*)control)[2] = SocketLevel;
        ((int*)control)[3] = Rights;
        numbers.CopyTo(new Span<int>(control + ControlHeader, DescriptorsAtOnce));
        fixed (byte* t = text)
        {
            var vector = stackalloc nuint[2] { (nuint)t, (nuint)text.Length };
            // struct msghdr: name, its length, vector, its count, control, its length, flags.
            var message = stackalloc nuint[7] { 0, 0, (nuint)vector, 1, (nuint)control, ControlLength(numbers.Length), 0 };
            if (Libc.sendmsg(socket, (byte*)message, 0) < 0)
            {
                throw FileCalls.Failed(operation, default, FileCalls.LastError());
            }
        }
    }

    /// <summary>Receives one descriptor (SCM_RIGHTS), close-on-exec; waits.</summary>
    internal static SafeFileHandle ReceiveDescriptor(SafeFileHandle socket)
    {
        Span<int> number = stackalloc int[1];
        return ReceiveDescriptors(socket, number, stackalloc byte[64], out _) == 1
            ? new SafeFileHandle(number[0], ownsHandle: true)
            : throw FileCalls.Failed("receive the terminal", default, Errno.EPIPE);
    }

    /// <summary>Receives descriptors (SCM_RIGHTS), close-on-exec, with the bytes that carry them; waits. Gives how many came.</summary>
    /// <param name="socket">Where from.</param>
    /// <param name="numbers">Takes their numbers.</param>
    /// <param name="text">Takes the bytes, at most its length.</param>
    /// <param name="length">How many bytes came.</param>
    internal static int ReceiveDescriptors(SafeFileHandle socket, Span<int> numbers, Span<byte> text, out int length)
    {
        const int CloseOnExec = 0x40000000;
        var control = stackalloc byte[ControlHeader + (DescriptorsAtOnce * sizeof(int))];
        new Span<byte>(control, ControlHeader).Clear();
        fixed (byte* t = text)
        {
            var vector = stackalloc nuint[2] { (nuint)t, (nuint)text.Length };
            var message = stackalloc nuint[7] { 0, 0, (nuint)vector, 1, (nuint)control, ControlLength(numbers.Length), 0 };
            length = (int)Libc.recvmsg(socket, (byte*)message, CloseOnExec);
            if (length < 0)
            {
                throw FileCalls.Failed("receive descriptors", default, FileCalls.LastError());
            }
        }

        if (((int*)control)[3] != Rights || *(nuint*)control < ControlHeader)
        {
            return 0;
        }

        var count = (int)(*(nuint*)control - ControlHeader) / sizeof(int);
        new Span<int>(control + ControlHeader, count).CopyTo(numbers);
        return count;
    }

    // struct cmsghdr: length, level, type; then the numbers, padded to eight bytes.
    private static nuint ControlLength(int count) => (nuint)(ControlHeader + (((count * sizeof(int)) + 7) & ~7));

    private static SafeFileHandle Create()
    {
        const int Unix = 1;
        const int StreamCloseOnExec = 1 | 0x80000;
        var socket = Libc.socket(Unix, StreamCloseOnExec, 0);
        return socket >= 0 ? new SafeFileHandle(socket, ownsHandle: true) : throw FileCalls.Failed("socket", default, FileCalls.LastError());
    }

    // An address has room for 107 bytes, so it goes through the directory's descriptor: paths of state directories are longer.
    private static SafeFileHandle Address(string path, byte* address)
    {
        var slash = path.LastIndexOf('/');
        var directory = FileCalls.Open(slash <= 0 ? "/" : path[..slash], OpenFlags.Path | OpenFlags.Directory);
        var text = Encoding.UTF8.GetBytes($"/proc/self/fd/{directory.DangerousGetHandle()}/{path[(slash + 1)..]}");
        if (text.Length > AddressBytes - 3)
        {
            directory.Dispose();
            throw FileCalls.Failed("name of socket", Encoding.UTF8.GetBytes(path), (Errno)36);
        }

        new Span<byte>(address, AddressBytes).Clear();
        *(ushort*)address = 1;
        text.CopyTo(new Span<byte>(address + 2, AddressBytes - 2));
        return directory;
    }
}
