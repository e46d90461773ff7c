using System.Text;

using Bld.Builder.Cache;
using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// The extra lower directory that holds the mount points which a container needs and its root lacks. It lies between the
/// root's layers and the step's upper directory, so that a mount point can never become part of a layer. Directories that
/// the root has are repeated with their metadata, because overlayfs shows the topmost directory's. Containers that need the same
/// one share it.
/// </summary>
/// <param name="view">The root as it is without the skeleton, read-only.</param>
internal sealed class Skeleton(SafeFileHandle view)
{
    /// <summary>The directory below the state's root that has them.</summary>
    public const string Folder = "skeletons";

    // Whatever a directory is in comes before it.
    private readonly List<Part> _parts = [];
    private readonly HashSet<ByteString> _paths = [];

    /// <summary>Whether nothing has to be made; an empty skeleton needn't be mounted.</summary>
    public bool IsEmpty => _parts.Count == 0;

    /// <summary>Makes sure that there is something to mount on, where <paramref name="path"/> leads with all links followed inside the root.</summary>
    /// <param name="path">A path in the container.</param>
    /// <param name="isDirectory">Whether a directory is wanted, or a file.</param>
    public void Require(string path, bool isDirectory)
    {
        var (existing, missing) = RootPath.Resolve(view, ByteString.From(path));
        if (missing.Count == 0)
        {
            return;
        }

        Mirror(existing);
        var current = existing;
        for (var i = 0; i < missing.Count; i++)
        {
            current = ByteString.Join(current.Span, missing[i].Span);
            if (_paths.Add(current))
            {
                _parts.Add(new Part(current, i < missing.Count - 1 || isDirectory, null, []));
            }
        }
    }

    /// <summary>The directory with all that was required, made now or by another container.</summary>
    public SharedDirectory Take(StateDirectory state) => SharedDirectory.Take(state, Folder, Key(), Fill);

    private void Mirror(ByteString path)
    {
        if (!_paths.Add(path))
        {
            return;
        }

        if (!path.IsEmpty)
        {
            Mirror(new ByteString(path.DirectoryName));
        }

        var status = FileCalls.Status(view, path.Span);
        if (!status.IsDirectory)
        {
            throw new BuildException($"cannot make a mount point below /{path}: it is not a directory in the image");
        }

        var attributes = new List<KeyValuePair<ByteString, byte[]>>();
        foreach (var name in FileCalls.AttributeNames(view, path.Span))
        {
            if (FileCalls.Attribute(view, path.Span, name.Span) is { } value)
            {
                attributes.Add(new(name, value));
            }
        }

        _parts.Add(new Part(path, true, status, attributes));
    }

    private string Key()
    {
        var key = new CacheKeyBuilder("skeleton/1", null);
        foreach (var part in _parts)
        {
            key.Add(part.IsDirectory ? "directory" : "file", Encoding.Latin1.GetString(part.Path.Span));
            if (part.Mirrored is { } status)
            {
                key.Add("status", $"{status.Permissions} {status.UserId}:{status.GroupId} {status.ModifiedAt.Seconds}.{status.ModifiedAt.Nanoseconds}");
                foreach (var (name, value) in part.Attributes)
                {
                    key.Add(Encoding.Latin1.GetString(name.Span), Convert.ToHexStringLower(value));
                }
            }
        }

        // What an id but root's means on the disk depends on the user namespace.
        if (_parts.Any(static part => part.Mirrored is { UserId: not 0 } or { GroupId: not 0 }))
        {
            key.Add("users", File.ReadAllText("/proc/self/uid_map")).Add("groups", File.ReadAllText("/proc/self/gid_map"));
        }

        return key.ToKey().Hex;
    }

    private void Fill(SafeFileHandle directory)
    {
        foreach (var part in _parts)
        {
            Make(directory, part);
        }

        // Making their contents has changed the times of directories.
        foreach (var part in _parts)
        {
            if (part.Mirrored is { } status)
            {
                FileCalls.ChangeModifiedTime(directory, NameOf(part.Path), status.ModifiedAt);
            }
        }
    }

    private static void Make(SafeFileHandle directory, Part part)
    {
        var path = part.Path;
        if (!part.IsDirectory)
        {
            using var _ = FileCalls.Open(directory, path.Span, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow, 0x1A4);
            FileCalls.ChangeMode(directory, path.Span, 0x1A4);
            return;
        }

        if (!path.IsEmpty)
        {
            FileCalls.MakeDirectory(directory, path.Span, 0x1ED);
        }

        FileCalls.ChangeOwner(directory, path.Span, part.Mirrored?.UserId ?? 0, part.Mirrored?.GroupId ?? 0);
        FileCalls.ChangeMode(directory, NameOf(path), part.Mirrored?.Permissions ?? 0x1ED);
        foreach (var (name, value) in part.Attributes)
        {
            // An attribute that the store's file system refuses is not worth failing a build for a mount point.
            _ = FileCalls.TrySetAttribute(directory, path.Span, name.Span, value);
        }
    }

    private static ReadOnlySpan<byte> NameOf(ByteString path) => path.IsEmpty ? "."u8 : path.Span;

    /// <summary>A file or directory of the skeleton.</summary>
    /// <param name="Path">Where; empty for the root.</param>
    /// <param name="IsDirectory">Which of both.</param>
    /// <param name="Mirrored">What the root has there; null for what it lacks.</param>
    /// <param name="Attributes">Extended attributes of what the root has.</param>
    private sealed record Part(ByteString Path, bool IsDirectory, FileStatus? Mirrored, IReadOnlyList<KeyValuePair<ByteString, byte[]>> Attributes);
}
