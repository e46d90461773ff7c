using System.Text;

using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;
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
    private const string SharedName = "shared";
    private const int MostShared = 32;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly StateDirectory _state;
    private readonly string _name;
    private readonly FileLock _lock;

    private CacheMount(StateDirectory state, string name, FileLock @lock, SafeFileHandle directory)
    {
        _state = state;
        _name = name;
        _lock = @lock;
        Directory = directory;
    }

    /// <summary>The directory to mount.</summary>
    public SafeFileHandle Directory { get; }

    /// <summary>Which contents of the shared cache are in it.</summary>
    public IReadOnlyList<string> SharedNames =>
        _state.ReadFile($"cache-mounts/{_name}/{SharedName}") is { } bytes ? Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>Opens the cache of an id to read it; null when there is none, or somebody has it for himself.</summary>
    public static CacheMount? TryOpen(StateDirectory state, string id)
    {
        var name = Hash(id);
        if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes($"cache-mounts/{name}"), DirectoryItself, 0, out var place) != Errno.None
            || FileLock.TryTake(place, exclusive: false) is not { } held)
        {
            return null;
        }

        if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes($"cache-mounts/{name}/fs"), DirectoryItself, 0, out var directory) == Errno.None)
        {
            return new CacheMount(state, name, held, directory);
        }

        held.Dispose();
        return null;
    }

    /// <summary>Opens or makes the cache of an id; waits for who has it for himself.</summary>
    /// <param name="state">Where caches are kept.</param>
    /// <param name="id">The cache's id.</param>
    /// <param name="sharing">Who may use it at once.</param>
    /// <param name="fresh">Whether what is in it is thrown away first.</param>
    /// <param name="fill">Gives a new one its first content, owner and mode.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static CacheMount Open(StateDirectory state, string id, CacheSharing sharing, bool fresh, Action<SafeFileHandle> fill, CancellationToken cancellation)
    {
        var hash = Hash(id);
        for (var copy = 0; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = copy == 0 ? hash : $"{hash}-{copy}";
            var place = OpenPlace(state, name, id);
            Prepare(place, fresh, fill);
            if (FileLock.TryTake(place, exclusive: sharing != CacheSharing.Shared) is not { } held)
            {
                // Somebody has this one.
                if (sharing == CacheSharing.Private)
                {
                    copy++;
                }
                else
                {
                    Thread.Sleep(Pause);
                }
            }
            else if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes($"cache-mounts/{name}/fs"), DirectoryItself, 0, out var directory) == Errno.None)
            {
                return new CacheMount(state, name, held, directory);
            }
            else
            {
                // Pruned before it was locked: make it again.
                held.Dispose();
            }
        }
    }

    /// <summary>Opens a directory of the cache.</summary>
    /// <param name="path">Its path there, cleaned.</param>
    /// <param name="id">The cache's id, for the error.</param>
    /// <exception cref="BuildException">There is no such directory.</exception>
    public SafeFileHandle OpenInside(string path, string id)
    {
        var errno = FileCalls.TryOpenResolving(
            Directory, ByteString.From(path).Span, OpenFlags.Path | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var opened);
        return errno == Errno.None ? opened
            : throw new BuildException($"--mount type=cache,source=/{path}: the cache {id} has no such directory: {errno.Describe()}; make it in a RUN that mounts the whole cache");
    }

    /// <summary>Keeps which contents of the shared cache are in it, the newest of them.</summary>
    public void Remember(IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            var all = names.Concat(SharedNames).Distinct().Take(MostShared);
            _state.PublishFile($"cache-mounts/{_name}/{SharedName}", Encoding.UTF8.GetBytes(string.Join('\n', all) + "\n"), durable: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Dispose();
        _lock.Dispose();
    }

    private static string Hash(string id) => Convert.ToHexStringLower(Sha256Hash.HashData(Encoding.UTF8.GetBytes(id)))[..IdDigits];

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

        FileCalls.RemoveTree(place, "shared"u8);

        FileCalls.MakeDirectory(place, "new"u8, 0x1ED);
        using (var made = FileCalls.Open(place, "new"u8, DirectoryItself))
        {
            fill(made);
        }

        FileCalls.Rename(place, "new"u8, place, "fs"u8);
    }
}
