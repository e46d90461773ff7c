using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>
/// Opens the directories of a tree that is being written, one component after the other and never through a link, so that nothing
/// outside the tree can be reached. Keeps the chain of the last one open: archives mostly stay in a directory.
/// </summary>
internal sealed class UpperDirectories : IDisposable
{
    /// <summary>Makes what is missing: the parent, the component and the whole path that were asked for.</summary>
    internal delegate SafeFileHandle Maker(SafeFileHandle parent, ByteString path);

    private const OpenFlags DirectoryItself = OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow;

    private readonly SafeFileHandle _root;
    private readonly Maker _missing;
    private readonly List<(int End, SafeFileHandle Handle)> _chain = [];
    private ByteString _path;

    /// <param name="root">The tree's root; it stays its giver's.</param>
    /// <param name="missing">Called when a component is no directory: makes it one, or throws.</param>
    internal UpperDirectories(SafeFileHandle root, Maker missing)
    {
        _root = root;
        _missing = missing;
    }

    /// <summary>The directory of that path (normalised), which stays open until the next call.</summary>
    internal SafeFileHandle Open(ReadOnlySpan<byte> path)
    {
        if (path.SequenceEqual(_path.Span))
        {
            return Last;
        }

        Leave(path);
        var end = _chain.Count == 0 ? 0 : _chain[^1].End;
        while (end < path.Length)
        {
            var start = end == 0 ? 0 : end + 1;
            var slash = path[start..].IndexOf((byte)'/');
            end = slash < 0 ? path.Length : start + slash;
            _chain.Add((end, Enter(path[start..end], path[..end])));
            _path = new ByteString(path[..end]);
        }

        return Last;
    }

    /// <summary>The directory of that path if it is there, for its caller to dispose; never through a link.</summary>
    internal SafeFileHandle? Find(ReadOnlySpan<byte> path)
    {
        const ResolveFlags Plainly = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks | ResolveFlags.NoMagicLinks;
        return FileCalls.TryOpenResolving(_root, path, OpenFlags.Path | OpenFlags.Directory, 0, Plainly, out var directory) == Errno.None
            ? directory
            : null;
    }

    /// <summary>Forgets what is open, because names were removed.</summary>
    internal void Reset()
    {
        foreach (var (_, handle) in _chain)
        {
            handle.Dispose();
        }

        _chain.Clear();
        _path = default;
    }

    /// <summary>Opens a name as a directory if it is one.</summary>
    internal static Errno TryEnter(SafeFileHandle parent, ReadOnlySpan<byte> name, out SafeFileHandle directory) =>
        FileCalls.TryOpen(parent, name, DirectoryItself, 0, out directory);

    public void Dispose() => Reset();

    private SafeFileHandle Last => _chain.Count == 0 ? _root : _chain[^1].Handle;

    // Closes what is not on the way to the path.
    private void Leave(ReadOnlySpan<byte> path)
    {
        while (_chain.Count > 0)
        {
            var end = _chain[^1].End;
            if (path.StartsWith(_path.Span[..end]) && (path.Length == end || path[end] == (byte)'/'))
            {
                break;
            }

            _chain[^1].Handle.Dispose();
            _chain.RemoveAt(_chain.Count - 1);
        }

        _path = _chain.Count == 0 ? default : new ByteString(_path.Span[.._chain[^1].End]);
    }

    private SafeFileHandle Enter(ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        var errno = TryEnter(Last, name, out var directory);
        return errno switch
        {
            Errno.None => directory,
            Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP => _missing(Last, new ByteString(path)),
            Errno.ENAMETOOLONG => throw EntryPath.Refused(new ByteString(path).ToString(), "a component of its name is longer than 255 bytes"),
            _ => throw new LinuxException("open", new ByteString(path).ToString(), errno),
        };
    }
}
