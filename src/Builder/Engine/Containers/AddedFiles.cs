using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>Files of the host that an image gets besides what was done in it.</summary>
internal static class AddedFiles
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>Makes a snapshot of them.</summary>
    /// <param name="services">The store's parts.</param>
    /// <param name="below">What it lies on; null for nothing.</param>
    /// <param name="files">Files and directories, as <c>source[:destination]</c>.</param>
    /// <param name="latest">The time that no file or directory of the snapshot exceeds; null for any.</param>
    /// <param name="cancellation">Stops it.</param>
    public static SnapshotId Add(EngineServices services, SnapshotId? below, IReadOnlyList<string> files, FileTime? latest, CancellationToken cancellation)
    {
        using var active = services.Snapshots.Prepare(below);
        using var view = services.Snapshots.MountReadOnly(below);
        foreach (var text in files)
        {
            var colon = text.IndexOf(':');
            var source = colon < 0 ? text : text[..colon];
            var destination = colon < 0 ? "/" + Path.GetFileName(source.TrimEnd('/')) : text[(colon + 1)..];
            var request = new ContainerCopyRequest { Sources = [source], Destination = destination };
            using var sources = new CopySources(services, request, cancellation);
            var copy = new CopyRequest { Sources = [source], Destination = "/" + destination.TrimStart('/') };
            sources.Open(copy).ToList().ForEach(copier => copier.Execute(active.UpperHandle, view.Root));
        }

        if (latest is { } time)
        {
            Limit(active.UpperHandle, time);
        }

        return services.Snapshots.Commit(active).Id;
    }

    private static void Limit(SafeFileHandle directory, FileTime latest)
    {
        using var listing = FileCalls.Open(directory, "."u8, DirectoryItself);
        foreach (var entry in FileCalls.ReadDirectory(listing))
        {
            if (entry.Kind is FileKind.Directory)
            {
                using var child = FileCalls.Open(directory, entry.Name.Span, DirectoryItself);
                Limit(child, latest);
            }
            else if (entry.Kind is FileKind.Regular && FileCalls.Status(directory, entry.Name.Span).ModifiedAt > latest)
            {
                FileCalls.ChangeModifiedTime(directory, entry.Name.Span, latest);
            }
        }

        if (FileCalls.Status(directory).ModifiedAt > latest)
        {
            FileCalls.ChangeModifiedTime(directory, latest);
        }
    }
}
