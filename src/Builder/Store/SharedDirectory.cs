using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>
/// A directory whose name tells its content, so that whoever needs the same takes it instead of making another. Nobody writes to it. It
/// is held (flock'd, shared) until this is disposed, and belongs to this boot: nothing of it was synced.
/// </summary>
internal sealed class SharedDirectory : IDisposable
{
    /// <summary>So many are kept; then those that nobody holds go, all of them.</summary>
    internal const int Most = 64;

    private readonly FileLock _held;

    private SharedDirectory(string path, FileLock held)
    {
        Path = path;
        _held = held;
    }

    /// <summary>Its path on the host.</summary>
    internal string Path { get; }

    /// <summary>Takes the directory of that name, or makes it.</summary>
    /// <param name="state">Where it is.</param>
    /// <param name="part">The directory below the root that has all of its kind.</param>
    /// <param name="key">Its name: of those with one key all have the same content.</param>
    /// <param name="fill">Puts the content into an empty directory of mode 0755.</param>
    internal static SharedDirectory Take(StateDirectory state, string part, string key, Action<SafeFileHandle> fill)
    {
        var name = $"{part}/{state.Durability.Boot}-{key}";
        while (true)
        {
            if (TryTake(state, name) is { } there)
            {
                return there;
            }

            if (Count(state, part) >= Most)
            {
                RemoveUnused(state, part);
            }

            using var made = state.CreateTemporary(part);
            FileCalls.MakeDirectory(made.Handle, "content"u8, 0x1ED);
            using (var content = FileCalls.Open(made.Handle, "content"u8, OpenFlags.ReadOnly | OpenFlags.Directory))
            {
                fill(content);
            }

            Publish(state, part, made, name);
        }
    }

    /// <summary>Removes those of a part that nobody holds.</summary>
    internal static void RemoveUnused(StateDirectory state, string part)
    {
        using var listing = TryOpen(state.Handle, part);
        foreach (var entry in (listing is null ? [] : FileCalls.ReadDirectory(listing)).Where(static entry => entry.Kind == FileKind.Directory))
        {
            using var unused = TryOpen(listing!, entry.Name.ToString()) is { } directory ? FileLock.TryTake(directory, exclusive: true) : null;
            if (unused is not null)
            {
                // Out of sight at once: what a kill leaves half removed must not be taken for whole.
                using var grave = state.CreateTemporary("removed");
                _ = FileCalls.TryRename(listing!, entry.Name.Span, grave.Handle, "directory"u8);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();

    private static SharedDirectory? TryTake(StateDirectory state, string name)
    {
        while (TryOpen(state.Handle, name) is { } directory)
        {
            // Who removes it holds it exclusively meanwhile; then it has no link any more.
            var held = FileLock.Take(directory, exclusive: false);
            if (FileCalls.Status(directory).Links > 0)
            {
                return new SharedDirectory($"{state.Root}/{name}", held);
            }

            held.Dispose();
        }

        return null;
    }

    private static int Count(StateDirectory state, string part)
    {
        using var listing = TryOpen(state.Handle, part);
        return listing is null ? 0 : FileCalls.ReadDirectory(listing).Count;
    }

    private static SafeFileHandle? TryOpen(SafeFileHandle parent, string name) =>
        FileCalls.TryOpen(parent, Encoding.UTF8.GetBytes(name), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var directory) switch
        {
            Errno.None => directory,
            Errno.ENOENT => null,
            var errno => throw new LinuxException("open", name, errno),
        };

    private static void Publish(StateDirectory state, string part, TemporaryDirectory made, string name)
    {
        var target = Encoding.ASCII.GetBytes(name);
        var errno = FileCalls.TryRename(made.Handle, "content"u8, state.Handle, target, replace: false);
        if (errno == Errno.ENOENT)
        {
            _ = FileCalls.TryMakeDirectory(state.Handle, Encoding.ASCII.GetBytes(part), 0x1C0);
            errno = FileCalls.TryRename(made.Handle, "content"u8, state.Handle, target, replace: false);
        }

        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("rename", $"{state.Root}/{name}", errno);
        }
    }
}
