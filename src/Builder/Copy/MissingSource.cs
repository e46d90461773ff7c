using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>Explains a source that isn't there: excluded, spelt wrongly, or somewhere else.</summary>
internal static class MissingSource
{
    /// <summary>How many names are looked at before the search for the same name elsewhere gives up.</summary>
    private const int MostNames = 5000;

    /// <summary>The error for a path.</summary>
    public static BuildException Describe(CopySource source, string path)
    {
        if (source.Rules.Explain(path) is { } place)
        {
            return new BuildException($"\"/{path}\": not found in {source.Name}: it is excluded by {place}") { Word = path };
        }

        if (IsLink(source, path))
        {
            return new BuildException($"\"/{path}\": not found in {source.Name}: it is a link, and what it leads to is not there: no such file or directory") { Word = path };
        }

        var near = Nearest(source, path) ?? Elsewhere(source, path[(path.LastIndexOf('/') + 1)..]);
        var hint = near is null ? "" : $" (did you mean /{near}?)";
        return new BuildException($"\"/{path}\": not found in {source.Name}{hint}: no such file or directory") { Word = path };
    }

    /// <summary>The path with its first wrong part corrected, and what follows when it is there too.</summary>
    private static string? Nearest(CopySource source, string path)
    {
        var parts = path.Split('/');
        var known = "";
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Join(known, parts[i]);
            if (Exists(source, next))
            {
                known = next;
                continue;
            }

            var near = Suggestion.For(parts[i], Names(source, known).Where(name => !source.Rules.Excludes(Join(known, name))));
            if (near is null)
            {
                return null;
            }

            var corrected = Join(known, near);
            var whole = string.Join('/', parts.Skip(i + 1).Prepend(corrected));
            return Exists(source, whole) ? whole : corrected;
        }

        return null;
    }

    /// <summary>The first path that ends in a name, breadth first.</summary>
    private static string? Elsewhere(CopySource source, string wanted)
    {
        var pending = new Queue<string>([""]);
        var seen = 0;
        while (pending.TryDequeue(out var directory))
        {
            foreach (var (name, isDirectory) in Entries(source, directory))
            {
                var path = Join(directory, name);
                if (++seen > MostNames)
                {
                    return null;
                }

                if (source.Rules.Excludes(path))
                {
                    continue;
                }

                if (name == wanted)
                {
                    return path;
                }

                if (isDirectory)
                {
                    pending.Enqueue(path);
                }
            }
        }

        return null;
    }

    private static bool IsLink(CopySource source, string path)
    {
        using var handle = TryOpen(source, path, OpenFlags.Path | OpenFlags.NoFollow);
        return handle is not null && FileCalls.Status(handle).IsSymbolicLink;
    }

    private static string Join(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    private static IEnumerable<string> Names(CopySource source, string directory) => Entries(source, directory).Select(static entry => entry.Name);

    private static List<(string Name, bool IsDirectory)> Entries(CopySource source, string directory)
    {
        if (TryOpen(source, directory, OpenFlags.ReadOnly | OpenFlags.Directory) is not { } handle)
        {
            return [];
        }

        using (handle)
        {
            return ReadNames(handle);
        }
    }

    // A search for a hint is no reason to fail: some directories, of /proc say, can't be read by anybody.
    private static List<(string Name, bool IsDirectory)> ReadNames(SafeFileHandle handle)
    {
        try
        {
            return [.. FileCalls.ReadDirectory(handle).Select(static entry => (entry.Name.ToString(), entry.Kind == FileKind.Directory)).OrderBy(static entry => entry.Item1, StringComparer.Ordinal)];
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    private static bool Exists(CopySource source, string path)
    {
        using var handle = TryOpen(source, path, OpenFlags.Path);
        return handle is not null;
    }

    private static SafeFileHandle? TryOpen(CopySource source, string path, OpenFlags flags) =>
        FileCalls.TryOpenResolving(
            source.Root, ByteString.From(path.Length == 0 ? "." : path).Span, flags, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var handle) == Errno.None
            ? handle
            : null;
}
