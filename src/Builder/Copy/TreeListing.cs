using Bld.Builder.Context;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>A name of a directory that takes part in a copy.</summary>
/// <param name="Name">The name.</param>
/// <param name="Status">What it is.</param>
/// <param name="Path">Its path from the source's root, as the ignore rules see it.</param>
/// <param name="Below">Its path from the copied directory, as <c>--exclude</c> sees it.</param>
/// <param name="IsOnlyWay">Whether the directory itself is excluded and only leads to something that isn't.</param>
internal readonly record struct ListedEntry(ByteString Name, FileStatus Status, string Path, string Below, bool IsOnlyWay);

/// <summary>
/// Lists directories without what is excluded. A context's sockets become empty files, as contexts that are sent to a builder have
/// them; those of a stage take no part: no layer can hold one.
/// </summary>
internal sealed class TreeListing(CopySource source, IgnoreRules excludes)
{
    private readonly IgnoreRules _rules = source.Rules;
    private readonly bool _unfiltered = !source.Rules.HasRules && !excludes.HasRules;

    /// <summary>The names of an open directory, in byte order.</summary>
    public IEnumerable<ListedEntry> Of(SafeFileHandle directory, string path, string below)
    {
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var status = FileCalls.Status(directory, entry.Name.Span);
            if (status.Kind == FileKind.Socket && source.KeepsOwners)
            {
                continue;
            }

            if (_unfiltered)
            {
                yield return new ListedEntry(entry.Name, status, "", "", IsOnlyWay: false);
                continue;
            }

            var name = entry.Name.ToPath();
            var inSource = path.Length == 0 ? name : $"{path}/{name}";
            var inCopy = below.Length == 0 ? name : $"{below}/{name}";
            var excluded = _rules.Excludes(inSource) || excludes.Excludes(inCopy);
            if (!excluded)
            {
                yield return new ListedEntry(entry.Name, status, inSource, inCopy, IsOnlyWay: false);
            }
            else if (status.IsDirectory && !_rules.ExcludesAllBelow(inSource) && !excludes.ExcludesAllBelow(inCopy)
                && LeadsToSomething(directory, entry.Name, inSource, inCopy))
            {
                yield return new ListedEntry(entry.Name, status, inSource, inCopy, IsOnlyWay: true);
            }
        }
    }

    private bool LeadsToSomething(SafeFileHandle parent, ByteString name, string path, string below)
    {
        using var directory = FileCalls.Open(parent, name.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        return Of(directory, path, below).Any();
    }
}
