using System.Security.Cryptography;
using System.Text;

using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// A directory that survives from build to build (<c>RUN --mount=type=cache</c>), kept as <c>cache-mounts/HASH/fs</c> with its id
/// in a file beside it. The id is hashed for its place, so no id can name a path (CVE-2024-9675). Its user holds a lock on the
/// place: shared, or exclusive as <c>sharing=</c> says.
/// </summary>
internal sealed class CacheMount : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const int IdDigits = 32;
    private readonly FileLock _lock;

    private CacheMount(FileLock @lock, SafeFileHandle directory)
    {
        _lock = @lock;
        Directory = directory;
    }

    /// <summary>The directory to mount.</summary>
    public SafeFileHandle Directory { get; }

    /// <summary>Opens or makes the cache of an id.</summary>
    /// <param name="state">Where caches are kept.</param>
    /// <param name="id">The cache's id.</param>
    /// <param name="sharing">Who may use it at once.</param>
    /// <param name="fresh">Whether what is in it is thrown away first.</param>
    /// <param name="fill">Gives a new one its first content, owner and mode.</param>
    public static CacheMount Open(StateDirectory state, string id, CacheSharing sharing, bool fresh, Action<SafeFileHandle> fill)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..IdDigits];
        for (var copy = 0; ;)
        {
            var name = copy == 0 ? hash : $"{hash}-{copy}";
            var place = OpenPlace(state, name, id);
            var exclusive = sharing != CacheSharing.Shared;
            Prepare(place, fresh, fill);
            var held = sharing == CacheSharing.Private ? FileLock.TryTake(place, exclusive) : FileLock.Take(place, exclusive);
            if (held is null)
            {
                // Private, and somebody has this one.
                copy++;
            }
            else if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes($"cache-mounts/{name}/fs"), DirectoryItself, 0, out var directory) == Errno.None)
            {
                return new CacheMount(held, directory);
            }
            else
            {
                // Pruned before it was locked: make it again.
                held.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Dispose();
        _lock.Dispose();
    }

    private static SafeFileHandle OpenPlace(StateDirectory state, string name, string id)
    {
        var path = $"cache-mounts/{name}";
        if (FileCalls.TryMakeDirectory(state.Handle, Encoding.ASCII.GetBytes(path), 0x1C0) == Errno.None)
        {
            state.PublishFile($"{path}/id", Encoding.UTF8.GetBytes(id + "\n"), durable: false);
        }

        var place = FileCalls.Open(state.Handle, Encoding.ASCII.GetBytes(path), DirectoryItself);
        FileCalls.ChangeModifiedTime(place, new FileTime(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 0));
        return place;
    }

    // Under the exclusive lock, so that nobody sees a half-filled one. What others are using is neither filled nor emptied.
    private static void Prepare(SafeFileHandle place, bool fresh, Action<SafeFileHandle> fill)
    {
        if (!fresh && FileCalls.TryStatus(place, "fs"u8, out _) == Errno.None)
        {
            return;
        }

        if (!FileCalls.TryLock(place, exclusive: true))
        {
            return;
        }

        using var listing = FileCalls.Open(place, "."u8, DirectoryItself);
        FileCalls.RemoveTree(place, "new"u8);
        if (fresh)
        {
            FileCalls.RemoveTree(place, "fs"u8);
        }

        FileCalls.MakeDirectory(place, "new"u8, 0x1ED);
        using (var made = FileCalls.Open(place, "new"u8, DirectoryItself))
        {
            fill(made);
        }

        FileCalls.Rename(place, "new"u8, place, "fs"u8);
    }
}
