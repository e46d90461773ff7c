using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>
/// The directory that holds everything <c>bld</c> keeps, as docs/state.md describes it. Opening it takes a shared lock on the
/// whole that is held until it is disposed; who deletes what others may be using needs it exclusively (<see cref="TryLockAll"/>).
/// </summary>
internal sealed partial class StateDirectory : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory;

    private readonly Lazy<TemporaryDirectory> _publishing;
    private readonly SafeFileHandle _lock;

    private StateDirectory(string root, string runRoot, SafeFileHandle handle, SafeFileHandle temporary, SafeFileHandle @lock)
    {
        Root = root;
        RunRoot = runRoot;
        Handle = handle;
        TemporaryHandle = temporary;
        _lock = @lock;
        _publishing = new(() => CreateTemporary("publish"));
        Durability = new Durability(this);
    }

    /// <summary>The path of the directory, without a slash at the end.</summary>
    internal string Root { get; }

    /// <summary>The path of what dies at a reboot (not made here).</summary>
    internal string RunRoot { get; }

    /// <summary>The descriptor of <see cref="Root"/>.</summary>
    internal SafeFileHandle Handle { get; }

    /// <summary>What is known to survive a power loss.</summary>
    internal Durability Durability { get; }

    internal string ImagesPath => $"{Root}/images";

    internal string SnapshotsPath => $"{Root}/snapshots";

    internal string ChainsPath => $"{Root}/chains";

    internal string ContainersPath => $"{Root}/containers";

    internal string CachePath => $"{Root}/cache";

    internal string CacheMountsPath => $"{Root}/cache-mounts";

    internal string TemporaryPath => $"{Root}/tmp";

    /// <summary>A directory that is always empty: the lower side of an overlay mount over nothing.</summary>
    internal string EmptyPath => $"{Root}/empty";

    private SafeFileHandle TemporaryHandle { get; }

    /// <summary>A new directory in <c>tmp/</c>, named <paramref name="prefix"/> and random digits, held by this process until disposed.</summary>
    internal TemporaryDirectory CreateTemporary(string prefix) => TemporaryDirectory.Create(TemporaryHandle, TemporaryPath, prefix);

    /// <summary>
    /// Removes what killed processes left in <c>tmp/</c>. Two system calls when it is empty, as it mostly is.
    /// </summary>
    internal void CleanLeftovers()
    {
        // A directory's descriptor has a position: each look needs one of its own.
        using var listing = FileCalls.Open(TemporaryHandle, "."u8, DirectoryItself);
        foreach (var entry in FileCalls.ReadDirectory(listing))
        {
            if (FileCalls.TryOpen(TemporaryHandle, entry.Name.Span, DirectoryItself | OpenFlags.NoFollow, 0, out var handle) == Errno.None)
            {
                using var owned = FileLock.TryTake(handle, exclusive: true);
                if (owned is not null)
                {
                    TryRemove(entry.Name);
                }
            }
        }
    }

    /// <summary>
    /// The flock of one part of the state: <paramref name="name"/> is a directory below the root (<c>images</c>, <c>cache-mounts/ID</c>).
    /// Waits for it.
    /// </summary>
    internal FileLock Lock(string name, bool exclusive) =>
        FileLock.Take(FileCalls.Open(Handle, Encoding.UTF8.GetBytes(name), DirectoryItself), exclusive);

    /// <summary>
    /// Makes the shared lock on the whole exclusive: true when no other process uses this directory. The lock then stays
    /// exclusive until <see cref="ShareAll"/>.
    /// </summary>
    internal bool TryLockAll()
    {
        if (FileCalls.TryLock(_lock, exclusive: true))
        {
            return true;
        }

        // A failed change of an flock has lost the old one (flock(2)).
        ShareAll();
        return false;
    }

    /// <summary>Gives the exclusive lock on the whole back and keeps the shared one.</summary>
    internal void ShareAll() => FileCalls.Lock(_lock, exclusive: false);

    public void Dispose()
    {
        if (_publishing.IsValueCreated)
        {
            _publishing.Value.Dispose();
        }

        TemporaryHandle.Dispose();
        _lock.Dispose();
        Handle.Dispose();
    }

    private void TryRemove(ByteString name)
    {
        try
        {
            FileCalls.RemoveTree(TemporaryHandle, name.Span);
        }
        catch (LinuxException)
        {
            // Busy or damaged: it hurts nobody where it is, and failing here would make every command fail.
        }
    }
}
