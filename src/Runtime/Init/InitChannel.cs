using System.Buffers.Binary;
using System.Runtime.InteropServices;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>What a message between the parent and init means.</summary>
internal enum InitMessage
{
    /// <summary>The other end closed: the exec succeeded, or a process died.</summary>
    Closed,

    /// <summary>Parent to init: an <see cref="InitPlan"/>.</summary>
    Plan,

    /// <summary>Parent to an init that was spawned without them: the numbers of the descriptors that come next. Back: they are in place.</summary>
    Descriptors,

    /// <summary>Parent to init: go on.</summary>
    Continue,

    /// <summary>Init to parent: the namespaces exist.</summary>
    NamespacesReady,

    /// <summary>Init to parent: only the exec is left.</summary>
    ReadyToExec,

    /// <summary>Init to parent: a <see cref="SetupFailure"/>.</summary>
    Failure,
}

/// <summary>
/// The stream between the parent and init: a kind, a length and a payload each. Init's end closes at exec, and that is how
/// the parent learns that all went well.
/// </summary>
internal sealed class InitChannel(SafeFileHandle socket) : IDisposable
{
    private SafeFileHandle _socket = socket;

    private const int HeaderLength = 8;
    private const int LargestPayload = 16 << 20;

    /// <summary>Whether the other end is gone.</summary>
    internal bool IsClosed => SocketCalls.IsClosed(_socket);

    /// <summary>Goes on with whoever connects to a listening socket; the old peer sees the end.</summary>
    internal void Accept(SafeFileHandle listener)
    {
        _socket.Dispose();
        _socket = SocketCalls.Accept(listener);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    internal void Send(InitMessage message, ReadOnlySpan<byte> payload = default)
    {
        var frame = new byte[HeaderLength + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, (int)message);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderLength));
        SocketCalls.SendAll(_socket, frame);
    }

    internal InitMessage Receive(out byte[] payload)
    {
        payload = [];
        Span<byte> header = stackalloc byte[HeaderLength];
        if (!Fill(header))
        {
            return InitMessage.Closed;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (length is < 0 or > LargestPayload)
        {
            throw new InvalidDataException("a message from init has an impossible length");
        }

        payload = new byte[length];
        return Fill(payload) ? (InitMessage)BinaryPrimitives.ReadInt32LittleEndian(header) : InitMessage.Closed;
    }

    /// <summary>
    /// Sends copies of descriptors, each to be found under a number of its own, and waits until they are there: a limit on open files
    /// that is set afterwards may lie below their numbers.
    /// </summary>
    internal void SendDescriptors(IReadOnlyList<(int Source, int Target)> pairs)
    {
        Send(InitMessage.Descriptors, MemoryMarshal.AsBytes<int>(pairs.Select(static pair => pair.Target).ToArray()));
        foreach (var some in pairs.Select(static pair => pair.Source).Chunk(SocketCalls.DescriptorsAtOnce))
        {
            SocketCalls.SendDescriptors(_socket, some, "d"u8, "send descriptors to init");
        }

        if (Receive(out _) != InitMessage.Descriptors)
        {
            throw new InvalidDataException("init ended before it had its descriptors");
        }
    }

    /// <summary>Takes what <see cref="SendDescriptors"/> sent: they come at the lowest free numbers, below all that they are moved to.</summary>
    /// <param name="payload">The message's payload.</param>
    internal void ReceiveDescriptors(ReadOnlySpan<byte> payload)
    {
        var targets = MemoryMarshal.Cast<byte, int>(payload);
        Span<int> numbers = stackalloc int[SocketCalls.DescriptorsAtOnce];
        Span<byte> letter = stackalloc byte[1];
        while (!targets.IsEmpty)
        {
            var count = SocketCalls.ReceiveDescriptors(_socket, numbers[..Math.Min(numbers.Length, targets.Length)], letter, out _);
            if (count == 0)
            {
                throw new InvalidDataException("the descriptors for init did not come");
            }

            for (var i = 0; i < count; i++)
            {
                using var descriptor = new SafeFileHandle(numbers[i], ownsHandle: true);
                if (numbers[i] >= ProcessCalls.High)
                {
                    throw new InvalidDataException("init has too many files open to take the descriptors that it needs");
                }

                ProcessCalls.Duplicate(descriptor, targets[i]);
            }

            targets = targets[count..];
        }

        Send(InitMessage.Descriptors);
    }

    /// <summary>Sends the descriptors of namespaces, without waiting until they have come.</summary>
    internal void SendNamespaces(IReadOnlyList<SafeFileHandle> namespaces) =>
        SocketCalls.SendDescriptors(_socket, namespaces.Select(static each => (int)each.DangerousGetHandle()).ToArray(), "n"u8, "send namespaces to init");

    /// <summary>Takes what <see cref="SendNamespaces"/> sent.</summary>
    internal SafeFileHandle[] ReceiveNamespaces(int count)
    {
        Span<int> numbers = stackalloc int[SocketCalls.DescriptorsAtOnce];
        Span<byte> letter = stackalloc byte[1];
        if (count > 0 && SocketCalls.ReceiveDescriptors(_socket, numbers[..count], letter, out _) != count)
        {
            throw new InvalidDataException("the namespaces for init did not come");
        }

        var handles = new SafeFileHandle[count];
        for (var i = 0; i < count; i++)
        {
            handles[i] = new SafeFileHandle(numbers[i], ownsHandle: true);
        }

        return handles;
    }

    private bool Fill(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = SocketCalls.Receive(_socket, buffer);
            if (count == 0)
            {
                return false;
            }

            buffer = buffer[count..];
        }

        return true;
    }
}
