using System.Globalization;

using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>Files and directories that were made in a root to mount on, and the times of what they were made in: all of it is put back.</summary>
internal sealed class MountPlaces
{
    private const char DirectoryMark = '/';
    private readonly List<(ByteString Path, bool IsDirectory)> _made = [];
    private readonly Dictionary<ByteString, FileTime> _times = [];

    /// <summary>The places in the order in which they were made; a directory's path ends with a slash.</summary>
    public IReadOnlyList<string> MadeTexts => [.. _made.Select(static made => made.IsDirectory ? $"{made.Path}{DirectoryMark}" : made.Path.ToString())];

    /// <summary>Times as <c>SECONDS NANOSECONDS PATH</c>.</summary>
    public IReadOnlyList<string> TimeTexts =>
        [.. _times.Select(static time => string.Create(CultureInfo.InvariantCulture, $"{time.Value.Seconds} {time.Value.Nanoseconds} {time.Key}"))];

    /// <summary>Reads what the texts say.</summary>
    public static MountPlaces Parse(IReadOnlyList<string> made, IReadOnlyList<string> times)
    {
        var places = new MountPlaces();
        foreach (var text in made)
        {
            places._made.Add((ByteString.From(text.TrimEnd(DirectoryMark)), text.EndsWith(DirectoryMark)));
        }

        foreach (var text in times)
        {
            var fields = text.Split(' ', 3);
            places._times[ByteString.From(fields[2])] =
                new FileTime(long.Parse(fields[0], CultureInfo.InvariantCulture), uint.Parse(fields[1], CultureInfo.InvariantCulture));
        }

        return places;
    }

    /// <summary>Makes what is missing of a target.</summary>
    public void Require(SafeFileHandle root, string target, bool isDirectory)
    {
        var (path, missing) = RootPath.Resolve(root, ByteString.From(target));
        if (missing.Count == 0)
        {
            return;
        }

        var parent = Open(root, path) ?? throw new BuildException($"cannot make a place for {target}: it was moved meanwhile");
        try
        {
            if (!_made.Exists(made => made.Path == path))
            {
                _times.TryAdd(path, FileCalls.Status(parent).ModifiedAt);
            }

            for (var i = 0; i < missing.Count; i++)
            {
                path = ByteString.Join(path.Span, missing[i].Span);
                if (!isDirectory && i == missing.Count - 1)
                {
                    FileCalls.Open(parent, missing[i].Span, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x1A4).Dispose();
                    _made.Add((path, false));
                    return;
                }

                // Noted when it is made: what a command that runs there was faster to make isn't ours to remove.
                FileCalls.MakeDirectory(parent, missing[i].Span, 0x1ED);
                _made.Add((path, true));
                var child = FileCalls.Open(parent, missing[i].Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
                parent.Dispose();
                parent = child;
            }
        }
        finally
        {
            parent.Dispose();
        }
    }

    /// <summary>Adds what others made after these.</summary>
    public void Add(MountPlaces later)
    {
        _made.AddRange(later._made);
        foreach (var (path, time) in later._times)
        {
            _times.TryAdd(path, time);
        }
    }

    /// <summary>Removes the places, but not one that a command has put something into or has moved, and sets the times again.</summary>
    public void Remove(SafeFileHandle root)
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            var (path, isDirectory) = _made[i];
            using var parent = Open(root, ByteString.Adopt(path.DirectoryName.ToArray()));
            if (parent is not null)
            {
                Remove(parent, path.FileName, isDirectory);
            }
        }

        foreach (var (path, time) in _times)
        {
            using var directory = Open(root, path);
            if (directory is not null)
            {
                FileCalls.ChangeModifiedTime(directory, time);
            }
        }
    }

    private static void Remove(SafeFileHandle parent, ReadOnlySpan<byte> name, bool isDirectory)
    {
        if (isDirectory)
        {
            FileCalls.TryRemoveDirectory(parent, name);
        }
        else if (FileCalls.TryStatus(parent, name, out var status) == Errno.None && status is { IsRegular: true, Size: 0 })
        {
            FileCalls.TryUnlink(parent, name);
        }
    }

    /// <summary>A directory of the root; null when there is none, or when the way to it has become a link, which might lead out.</summary>
    private static SafeFileHandle? Open(SafeFileHandle root, in ByteString path) =>
        FileCalls.TryOpenResolving(
            root, path.Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoSymbolicLinks | ResolveFlags.NoCrossMounts, out var directory) == Errno.None
            ? directory
            : null;
}
