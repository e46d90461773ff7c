using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Sbom;

/// <summary>The files of an image, to look for lists of software in. Links are followed within the root only.</summary>
internal sealed class ImageTree(SafeFileHandle root, CancellationToken cancellation)
{
    private const int Deepest = 64;
    private const long LargestList = 64 << 20;

    /// <summary>A file's text; null when it isn't there, or is no file of sensible size.</summary>
    public string? ReadText(string path) => ReadBytes(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <inheritdoc cref="ReadText"/>
    public byte[]? ReadBytes(string path)
    {
        var errno = FileCalls.TryOpenResolving(
            root, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var file);
        if (errno != Errno.None)
        {
            return null;
        }

        using (file)
        {
            var status = FileCalls.Status(file);
            return status.IsRegular && status.Size <= LargestList ? StateDirectory.ReadToEnd(file) : null;
        }
    }

    /// <summary>The paths of all files whose names are wanted; no link is followed.</summary>
    public List<string> Find(Func<string, bool> isWanted)
    {
        var found = new List<string>();
        Walk(root, "", 0, isWanted, found);
        return found;
    }

    /// <summary>The names in a directory; none when it isn't there.</summary>
    public IReadOnlyList<string> List(string path)
    {
        const OpenFlags Directory = OpenFlags.ReadOnly | OpenFlags.Directory;
        var errno = FileCalls.TryOpenResolving(root, Encoding.UTF8.GetBytes(path), Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var directory);
        if (errno != Errno.None)
        {
            return [];
        }

        using (directory)
        {
            return [.. FileCalls.ReadDirectory(directory).Select(static entry => entry.Name.ToString())];
        }
    }

    private void Walk(SafeFileHandle directory, string path, int depth, Func<string, bool> isWanted, List<string> found)
    {
        cancellation.ThrowIfCancellationRequested();
        using var listing = FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (var entry in FileCalls.ReadDirectory(listing))
        {
            var name = entry.Name.ToString();
            if (entry.Kind is FileKind.Directory && depth < Deepest)
            {
                if (FileCalls.TryOpen(directory, entry.Name.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var child) == Errno.None)
                {
                    using (child)
                    {
                        Walk(child, $"{path}{name}/", depth + 1, isWanted, found);
                    }
                }
            }
            else if (entry.Kind is FileKind.Regular && isWanted(name))
            {
                found.Add(path + name);
            }
        }
    }
}
