using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>Where a path leads in a root: the part that is there, with no link in it, and the names that are not.</summary>
internal readonly record struct ResolvedPath(ByteString Existing, IReadOnlyList<ByteString> Missing)
{
    /// <summary>The whole path.</summary>
    public ByteString Full => Missing.Aggregate(Existing, static (path, name) => ByteString.Join(path.Span, name.Span));
}

/// <summary>Paths inside a root, which nothing leaves: <c>..</c> stops at it, absolute links begin at it.</summary>
internal static class RootPath
{
    private const int MostLinks = 40;

    /// <summary>Follows a path in a view of a root.</summary>
    /// <param name="view">The root; null when it is empty.</param>
    /// <param name="path">The path; it may be absolute.</param>
    /// <param name="followLast">Whether a link at the end is followed.</param>
    public static ResolvedPath Resolve(SafeFileHandle? view, ByteString path, bool followLast = true)
    {
        var links = 0;
        var resolved = ByteString.Empty;
        var missing = new List<ByteString>();
        var pending = new Stack<ByteString>();
        Push(pending, path);
        while (pending.TryPop(out var name))
        {
            if (name.Span.SequenceEqual(".."u8))
            {
                if (missing.Count > 0)
                {
                    missing.RemoveAt(missing.Count - 1);
                }
                else
                {
                    resolved = new ByteString(resolved.DirectoryName);
                }

                continue;
            }

            var candidate = ByteString.Join(resolved.Span, name.Span);
            if (missing.Count > 0 || view is null || !TryStatus(view, candidate, out var status))
            {
                missing.Add(name);
            }
            else if (status.IsSymbolicLink && (followLast || pending.Count > 0))
            {
                if (++links > MostLinks)
                {
                    throw new BuildException($"{path}: too many links on the way");
                }

                var text = FileCalls.ReadLink(view, candidate.Span);
                resolved = text.Span.StartsWith("/"u8) ? ByteString.Empty : resolved;
                Push(pending, text);
            }
            else
            {
                resolved = candidate;
            }
        }

        return new ResolvedPath(resolved, missing);
    }

    /// <summary>A path without a leading slash, <c>.</c> and <c>..</c>; what goes above the root stays at it.</summary>
    public static string Clean(string path)
    {
        var names = new List<string>();
        foreach (var name in path.Split('/'))
        {
            if (name == "..")
            {
                if (names.Count > 0)
                {
                    names.RemoveAt(names.Count - 1);
                }
            }
            else if (name is not ("" or "."))
            {
                names.Add(name);
            }
        }

        return string.Join('/', names);
    }

    private static bool TryStatus(SafeFileHandle view, ByteString path, out FileStatus status) =>
        FileCalls.TryStatus(view, path.Span, out status) switch
        {
            Errno.None => true,
            Errno.ENOENT or Errno.ENOTDIR => false,
            var errno => throw new LinuxException("stat", path.ToString(), errno),
        };

    private static void Push(Stack<ByteString> pending, ByteString path)
    {
        var end = path.Length;
        for (var i = path.Length - 1; i >= -1; i--)
        {
            if (i >= 0 && path.Span[i] != (byte)'/')
            {
                continue;
            }

            var name = path.Span[(i + 1)..end];
            if (!name.IsEmpty && !name.SequenceEqual("."u8))
            {
                pending.Push(new ByteString(name));
            }

            end = i;
        }
    }
}
