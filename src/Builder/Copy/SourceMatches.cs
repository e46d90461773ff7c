using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>A file or directory that a source names.</summary>
/// <param name="Name">The path as asked for, relative to the root, patterns resolved, links in it not.</param>
/// <param name="Real">Where it leads.</param>
/// <param name="Status">What is there.</param>
/// <param name="FromPattern">Whether a pattern found it.</param>
/// <param name="Kept">The part of <see cref="Name"/> that <c>--parents</c> keeps.</param>
internal sealed record SourceMatch(string Name, ByteString Real, FileStatus Status, bool FromPattern, string Kept);

/// <summary>Finds what the sources of a COPY mean.</summary>
internal sealed class SourceMatches(CopySource source, CopyRequest request)
{
    /// <summary>All matches, in the order of the sources, those of a pattern in the order of their names.</summary>
    /// <exception cref="BuildException">A source that isn't a pattern is not there, or no pattern matched at all.</exception>
    public IReadOnlyList<SourceMatch> Find(IReadOnlyList<string> sources)
    {
        var matches = new List<SourceMatch>();
        foreach (var text in sources)
        {
            // The pivot of --parents: what stands before "/./" is left out of the destination.
            var pivot = request.Parents ? text.IndexOf("/./", StringComparison.Ordinal) : -1;
            var prefix = pivot < 0 ? "" : RootPath.Clean(text[..pivot]);
            var cleaned = RootPath.Clean(text);
            if (!request.IsLiteral && NamePattern.IsPattern(cleaned))
            {
                var rest = prefix.Length > 0 && cleaned.StartsWith(prefix + "/") ? cleaned[(prefix.Length + 1)..] : cleaned;
                foreach (var start in rest.Length < cleaned.Length ? Expand("", prefix) : [""])
                {
                    matches.AddRange(Expand(start, rest).Select(name => Match(name, start, fromPattern: true)).OfType<SourceMatch>());
                }
            }
            else
            {
                matches.Add(Match(cleaned, prefix, fromPattern: false) ?? throw MissingSource.Describe(source, cleaned));
            }
        }

        return matches.Count > 0 || sources.Count == 0 || request.Parents || request.AllowsNoMatch
            ? matches
            : throw new BuildException($"no source files were specified: nothing in {source.Name} matches {string.Join(" ", sources)}");
    }

    private SourceMatch? Match(string name, string prefix, bool fromPattern)
    {
        if (name.Length > 0 && source.Rules.ExcludesAllBelow(name))
        {
            return null;
        }

        if (Find(name) is not { } real)
        {
            return null;
        }

        var status = real.IsEmpty ? FileCalls.Status(source.Root) : FileCalls.Status(source.Root, real.Span);
        if (name.Length > 0 && source.Rules.Excludes(name) && !(status.IsDirectory && HasSomethingLeft(real, name)))
        {
            return null;
        }

        var kept = prefix.Length > 0 && name.StartsWith(prefix + "/") ? name[(prefix.Length + 1)..] : name;
        return new SourceMatch(name, real, status, fromPattern, kept);
    }

    /// <summary>Where a path leads; null when nothing is there.</summary>
    private ByteString? Find(string name)
    {
        var resolved = RootPath.Resolve(source.Root, ByteString.From(request.KeepsLinks ? Path.GetDirectoryName(name) ?? "" : name));
        if (resolved.Missing.Count > 0 || !request.KeepsLinks || name.Length == 0)
        {
            return resolved.Missing.Count > 0 ? null : resolved.Existing;
        }

        var real = ByteString.Join(resolved.Existing.Span, ByteString.From(Path.GetFileName(name)).Span);
        return FileCalls.TryStatus(source.Root, real.Span, out _) == Errno.None ? real : null;
    }

    /// <summary>Whether an exception takes something back in below an excluded directory.</summary>
    private bool HasSomethingLeft(ByteString real, string name)
    {
        using var directory = FileCalls.OpenInRoot(source.Root, real.Span, OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var path = $"{name}/{entry.Name.ToPath()}";
            if (!source.Rules.Excludes(path)
                || (entry.Kind == FileKind.Directory && HasSomethingLeft(ByteString.Join(real.Span, entry.Name.Span), path)))
            {
                return true;
            }
        }

        return false;
    }

    private List<string> Expand(string start, string pattern)
    {
        var found = new List<string> { start };
        var isBehindPattern = false;
        foreach (var name in pattern.Split('/'))
        {
            NamePattern.Check(name, "COPY");
            found = isBehindPattern ? [.. found.Where(IsRealDirectory)] : found;
            isBehindPattern |= NamePattern.IsPattern(name);
            found = name == "**" && request.Parents ? [.. found.SelectMany(AllBelow)]
                : NamePattern.IsPattern(name) ? [.. found.SelectMany(directory => NamesIn(directory, name))]
                : [.. found.Select(directory => Join(directory, name))];
        }

        return found;
    }

    /// <summary>A pattern finds nothing through the links to directories that it matches itself.</summary>
    private bool IsRealDirectory(string path)
    {
        var errno = FileCalls.TryOpenResolving(
            source.Root, ByteString.From(Path.GetDirectoryName(path) ?? "").Span, OpenFlags.Path | OpenFlags.Directory, 0,
            ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var parent);
        using (parent)
        {
            return errno == Errno.None && FileCalls.TryStatus(parent, ByteString.From(Path.GetFileName(path)).Span, out var status) == Errno.None
                && status.IsDirectory;
        }
    }

    private IEnumerable<string> AllBelow(string directory)
    {
        yield return directory;
        foreach (var (name, isDirectory) in List(directory))
        {
            if (isDirectory)
            {
                foreach (var below in AllBelow(Join(directory, name)))
                {
                    yield return below;
                }
            }
        }
    }

    private IEnumerable<string> NamesIn(string directory, string pattern) =>
        from entry in List(directory)
        where NamePattern.Matches(pattern, entry.Name)
        select Join(directory, entry.Name);

    private List<(string Name, bool IsDirectory)> List(string directory)
    {
        var errno = FileCalls.TryOpenResolving(
            source.Root, ByteString.From(directory).Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0,
            ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var handle);
        using (handle)
        {
            return errno == Errno.None ? ReadNames(handle) : [];
        }
    }

    private static List<(string Name, bool IsDirectory)> ReadNames(SafeFileHandle directory) =>
        [.. FileCalls.ReadDirectory(directory).Select(static entry => (entry.Name.ToPath(), entry.Kind == FileKind.Directory))];

    private static string Join(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";
}
