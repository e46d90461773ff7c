using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.Containers;

/// <summary>Makes images of working containers: the base's layers and one more, whatever number of commands made it.</summary>
internal sealed class ContainerCommit(EngineServices services, WorkingContainerStore containers, CancellationToken cancellation)
{
    /// <summary>Makes an image; the container stays as it is, and can be committed again.</summary>
    public BuildResult Commit(WorkingContainer container, CommitRequest request)
    {
        using var held = containers.Hold(container, cancellation);
        return Commit(held, request);
    }

    /// <summary>Makes an image of a container and removes the container.</summary>
    public BuildResult CommitAndRemove(WorkingContainer container, CommitRequest request)
    {
        using var held = containers.Hold(container, cancellation);
        var result = Commit(held, request);
        containers.Remove(held);
        return result;
    }

    private BuildResult Commit(HeldContainer held, CommitRequest request)
    {
        var wasMounted = held.IsMounted;
        if (!held.TryUnmount())
        {
            return Commit(held, request, CopyOfMounted(held));
        }

        try
        {
            var change = held.Flatten(cancellation) ?? Empty(held);
            var result = Commit(held, request, change);
            if (request.AddFiles.Count == 0 && request.Inspect is null)
            {
                held.Update(record => record with { Committed = change.ToString() });
            }

            return result;
        }
        finally
        {
            if (wasMounted)
            {
                held.Mount();
            }
        }
    }

    private BuildResult Commit(HeldContainer held, CommitRequest request, SnapshotId change)
    {
        var record = held.Record;
        IReadOnlyList<(string Source, string Destination)> files = [.. request.AddFiles.Select(AddedFiles.Parse), .. request.Inspect?.Invoke(change) ?? []];
        if (files.Count > 0)
        {
            change = WithFiles(record, change, files);
        }

        var layers = Layers(record, change, request);
        var config = new CommitConfig(record, request);
        return ImageAssembly.Publish(
            services, layers, config.Image(), request.Format ?? record.Format, config.Annotations(), request.Names);
    }

    private List<PendingLayer> Layers(WorkingContainer record, SnapshotId change, CommitRequest request)
    {
        var layers = new List<PendingLayer>();
        var manifest = record.ParseManifest();
        for (var i = 0; i < record.Base.Count; i++)
        {
            layers.Add(new PendingLayer(SnapshotId.TryParse(record.Base[i])!.Value, record.Config.RootFs.DiffIds[i], manifest!.Layers[i]));
        }

        var options = new LayerOptions(Time(request.SourceDateEpoch), Time(request.Timestamp));
        if (request.Squash && layers.Count > 0)
        {
            change = LayerMerge.Merge(services.Snapshots, [.. layers.Select(static layer => layer.Snapshot), change], below: null, cancellation);
            layers.Clear();
        }

        layers.Add(new PendingLayer(change, () => LayerDigests.Of(services.Snapshots, change, options, cancellation)));
        return layers;
    }

    private static FileTime? Time(long? seconds) => seconds is { } value ? new FileTime(value, 0) : null;

    /// <summary>A container that nobody has written to has a layer too: an empty one.</summary>
    private SnapshotId Empty(HeldContainer held)
    {
        using var active = services.Snapshots.Prepare(held.Record.Top);
        var change = services.Snapshots.Commit(active).Id;
        held.Push(change);
        return change;
    }

    /// <summary>Files for this image alone, above the container's change.</summary>
    private SnapshotId WithFiles(WorkingContainer record, SnapshotId change, IReadOnlyList<(string Source, string Destination)> files)
    {
        var added = AddedFiles.Add(services, change, files, latest: null, cancellation);
        var below = SnapshotId.TryParse(record.Base.Count > 0 ? record.Base[^1] : null);
        var merged = LayerMerge.Merge(services.Snapshots, [change, added], below, cancellation);
        services.Snapshots.Remove(added);
        return merged;
    }

    /// <summary>What is in the directory that somebody works in, copied: its files may change at any time. Not the container's change.</summary>
    private SnapshotId CopyOfMounted(HeldContainer held)
    {
        var below = SnapshotId.TryParse(held.Record.Base.Count > 0 ? held.Record.Base[^1] : null);
        SnapshotId copied;
        using (var upper = held.OpenUpper())
        using (var active = services.Snapshots.Prepare(held.Record.Top))
        {
            UpperCopy.Copy(upper, active.UpperHandle, cancellation);
            held.RemovePlaces(active.UpperHandle);
            copied = services.Snapshots.Commit(active).Id;
        }

        SnapshotId[] stack = [.. held.Record.Changes.Select(SnapshotId.TryParse).OfType<SnapshotId>(), copied];
        if (stack.Length == 1)
        {
            return copied;
        }

        var merged = LayerMerge.Merge(services.Snapshots, stack, below, cancellation);
        services.Snapshots.Remove(copied);
        return merged;
    }
}
