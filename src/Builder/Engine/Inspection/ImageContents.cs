using Bld.Builder.Engine.Images;
using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Inspection;

/// <summary>What is in an image: its root, what each layer did to it, and what is carried in vain.</summary>
internal sealed class ImageContents
{
    private readonly Dictionary<((uint, uint) Device, ulong Inode), bool> _counted = [];

    private ImageContents()
    {
    }

    /// <summary>The root as the topmost layer leaves it.</summary>
    public FileNode Root { get; } = new("") { Children = [] };

    public List<InspectedLayer> Layers { get; } = [];

    public List<WastedFile> Wasted { get; } = [];

    /// <summary>Walks the snapshots of an image.</summary>
    public static ImageContents Read(PulledImage image, SnapshotStore snapshots, CancellationToken cancellation)
    {
        var contents = new ImageContents();
        var history = (image.Config.History ?? []).Where(static entry => !entry.EmptyLayer).ToList();
        for (var i = 0; i < image.Snapshots.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var snapshot = snapshots.Ancestry(image.Snapshots[i])[0];
            contents.Layers.Add(new InspectedLayer
            {
                CreatedBy = i < history.Count ? history[i].CreatedBy ?? "" : "",
                Snapshot = snapshot.Id.ToString(),
                Size = i < image.Manifest.Layers.Count ? image.Manifest.Layers[i].Size : 0,
                DiffId = image.Config.RootFs.DiffIds[i].ToString(),
            });
            using var directory = FileCalls.Open(snapshot.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
            contents._counted.Clear();
            contents.Apply(directory, contents.Root, "", i);
        }

        return contents;
    }

    /// <summary>The name that a path means, links not followed; null when there is none.</summary>
    public FileNode? Find(string path)
    {
        var node = Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (node.Children is null || !node.Children.TryGetValue(name, out var child))
            {
                return null;
            }

            node = child;
        }

        return node;
    }

    private void Apply(SafeFileHandle directory, FileNode parent, string path, int layer)
    {
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var name = entry.Name.ToString();
            var status = FileCalls.Status(directory, entry.Name.Span);
            var below = $"{path}/{name}";
            parent.Children!.TryGetValue(name, out var old);
            if (status.IsOverlayWhiteout)
            {
                parent.Children.Remove(name);
                Lose(old, below, layer, isRemoved: true);
                continue;
            }

            var node = Take(directory, entry.Name.Span, name, status, layer);
            if (status.IsDirectory)
            {
                ApplyDirectory(directory, entry.Name.Span, node, old, below, layer);
            }
            else
            {
                Lose(old, below, layer, isRemoved: false);
                Layers[layer].Changes.Add(new LayerChange(old is null ? ChangeKind.Added : ChangeKind.Changed, below, node.Bytes));
            }

            parent.Children[name] = node;
        }
    }

    private void ApplyDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name, FileNode node, FileNode? old, string path, int layer)
    {
        using var directory = FileCalls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (old?.Children is null || OverlayMarks.IsOpaque(directory))
        {
            Lose(old, path, layer, isRemoved: false);
            Layers[layer].Changes.Add(new LayerChange(old is null ? ChangeKind.Added : ChangeKind.Changed, path + "/", 0));
            node.Children = [];
        }
        else
        {
            // A directory that is only on the way to something is repeated unchanged.
            if (old.Status.RawMode != node.Status.RawMode || old.Status.UserId != node.Status.UserId || old.Status.GroupId != node.Status.GroupId)
            {
                Layers[layer].Changes.Add(new LayerChange(ChangeKind.Changed, path + "/", 0));
            }
            else
            {
                node.Layer = old.Layer;
            }

            node.Children = old.Children;
        }

        Apply(directory, node, path, layer);
    }

    private FileNode Take(SafeFileHandle directory, ReadOnlySpan<byte> bytes, string name, FileStatus status, int layer)
    {
        var isFirst = status.Links < 2 || _counted.TryAdd((status.Device, status.Inode), true);
        var node = new FileNode(name)
        {
            Status = status,
            Layer = layer,
            Bytes = status.IsRegular && isFirst ? status.Size : 0,
            Link = status.IsSymbolicLink ? FileCalls.ReadLink(directory, bytes).ToString() : null,
        };
        Layers[layer].Bytes += node.Bytes;
        return node;
    }

    /// <summary>What lay at a path can't be seen any more.</summary>
    private void Lose(FileNode? old, string path, int layer, bool isRemoved)
    {
        if (old is null)
        {
            return;
        }

        if (isRemoved)
        {
            Layers[layer].Changes.Add(new LayerChange(ChangeKind.Removed, old.Children is null ? path : path + "/", old.Total()));
        }

        if (old.Bytes > 0)
        {
            Wasted.Add(new WastedFile(path, old.Bytes, old.Layer, layer));
        }

        foreach (var (below, node) in old.Descendants(path))
        {
            if (node.Bytes > 0)
            {
                Wasted.Add(new WastedFile(below, node.Bytes, node.Layer, layer));
            }
        }
    }
}
