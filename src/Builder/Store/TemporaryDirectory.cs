using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>
/// A directory in <c>tmp/</c> for work in progress. Its flock is held while its owner lives, so that another process can tell
/// what is in use from what a killed one left (<see cref="StateDirectory.CleanLeftovers"/>).
/// </summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly SafeFileHandle _parent;
    private bool _disposed;

    private TemporaryDirectory(SafeFileHandle parent, string path, SafeFileHandle handle)
    {
        _parent = parent;
        Path = path;
        Handle = handle;
    }

    /// <summary>Its path on the host.</summary>
    internal string Path { get; }

    /// <summary>Its descriptor, which carries the lock.</summary>
    internal SafeFileHandle Handle { get; }

    private ReadOnlySpan<char> Name => Path.AsSpan(Path.LastIndexOf('/') + 1);

    internal static TemporaryDirectory Create(SafeFileHandle parent, string parentPath, string prefix)
    {
        while (true)
        {
            var name = $"{prefix}-{HexName.Create()}";
            var bytes = ByteString.From(name);
            FileCalls.MakeDirectory(parent, bytes.Span, 0x1C0);
            var opened = FileCalls.TryOpen(parent, bytes.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var handle);

            // Between mkdir and flock a cleaner may take it for a leftover: then it has no link any more, and another is made.
            if (opened == Errno.None && FileCalls.TryLock(handle, exclusive: true) && FileCalls.Status(handle).Links > 0)
            {
                return new TemporaryDirectory(parent, $"{parentPath}/{name}", handle);
            }

            handle.Dispose();
            if (opened is not (Errno.None or Errno.ENOENT))
            {
                throw new LinuxException("open", $"{parentPath}/{name}", opened);
            }
        }
    }

    /// <summary>Removes it with all its content. What can't be removed now is left for <see cref="StateDirectory.CleanLeftovers"/>.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        try
        {
            FileCalls.RemoveTree(_parent, ByteString.From(Name.ToString()).Span);
        }
        catch (LinuxException)
        {
            // Something in it is still busy, such as a mount of a process that is about to end; the next command removes it.
        }

        Handle.Dispose();
    }
}
