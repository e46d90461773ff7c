using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.Inspection;

/// <summary>A name in an image's root: where it came from and how much it takes.</summary>
internal sealed class FileNode(string name)
{
    public string Name { get; } = name;

    /// <summary>Kind, mode, owner and size; of a name that another name of the inode has counted already the size is 0 in <see cref="Bytes"/>.</summary>
    public FileStatus Status { get; set; }

    /// <summary>The layer that wrote it last, from 0.</summary>
    public int Layer { get; set; }

    /// <summary>Bytes of its content that its layer carries.</summary>
    public long Bytes { get; set; }

    /// <summary>The text of a symbolic link.</summary>
    public string? Link { get; set; }

    /// <summary>What lies in a directory, in no order; null for anything else.</summary>
    public Dictionary<string, FileNode>? Children { get; set; }

    /// <summary>Bytes of everything at and below it.</summary>
    public long Total()
    {
        var total = Bytes;
        foreach (var child in Children?.Values ?? Enumerable.Empty<FileNode>())
        {
            total += child.Total();
        }

        return total;
    }

    /// <summary>Everything below it with its path, parents first, in the order of names.</summary>
    public IEnumerable<(string Path, FileNode Node)> Descendants(string path)
    {
        foreach (var child in (Children?.Values ?? Enumerable.Empty<FileNode>()).OrderBy(static each => each.Name, StringComparer.Ordinal))
        {
            var below = $"{path}/{child.Name}";
            yield return (below, child);
            foreach (var deeper in child.Descendants(below))
            {
                yield return deeper;
            }
        }
    }
}

/// <summary>What a layer does with a name.</summary>
internal enum ChangeKind
{
    Added,
    Changed,
    Removed,
}

/// <summary>A name that a layer added, changed or removed.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Path">Its path, with a slash in front.</param>
/// <param name="Bytes">What the layer carries for it; of a removed one, what the layers below carry in vain.</param>
internal sealed record LayerChange(ChangeKind Kind, string Path, long Bytes);

/// <summary>Bytes that are in an image and can't be seen in its root.</summary>
/// <param name="Path">Whose.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Layer">The layer that carries them.</param>
/// <param name="By">The layer that wrote the path again, or removed it.</param>
internal sealed record WastedFile(string Path, long Bytes, int Layer, int By);

/// <summary>A layer of an image.</summary>
internal sealed class InspectedLayer
{
    /// <summary>The instruction that made it, as the image's history has it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Its snapshot's id.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Length of its tarball in bytes, as the manifest has it.</summary>
    public required long Size { get; init; }

    public required string DiffId { get; init; }

    public List<LayerChange> Changes { get; } = [];

    /// <summary>Bytes of files' contents in it.</summary>
    public long Bytes { get; set; }

    /// <summary>How many names it added, changed or removed.</summary>
    public int Count(ChangeKind kind) => Changes.Count(change => change.Kind == kind);
}
