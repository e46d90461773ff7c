using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>Files of the host that an image gets besides what was done in it.</summary>
internal static class AddedFiles
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>Reads <c>source[:destination]</c>.</summary>
    /// <exception cref="BuildException">The source is no regular file.</exception>
    public static (string Source, string Destination) Parse(string text)
    {
        var colon = text.IndexOf(':');
        var source = colon < 0 ? text : text[..colon];
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, ByteString.From(source).Span, OpenFlags.Path, 0, out var file);
        using (file)
        {
            return errno != Errno.None ? throw new BuildException($"--add-file {text}: stat {source}: {errno.Describe()}")
                : FileCalls.Status(file).Kind is FileKind.Regular ? (source, colon < 0 ? "/" + Path.GetFileName(source) : text[(colon + 1)..])
                : throw new BuildException($"--add-file {text}: {source} is not a regular file: \"bld copy\" takes directories too");
        }
    }

    /// <summary>Makes a snapshot of them.</summary>
    /// <param name="services">The store's parts.</param>
    /// <param name="below">What it lies on; null for nothing.</param>
    /// <param name="files">Files of the host, and where each goes.</param>
    /// <param name="latest">The time that no file or directory of the snapshot exceeds; null for any.</param>
    /// <param name="cancellation">Stops it.</param>
    public static SnapshotId Add(EngineServices services, SnapshotId? below, IReadOnlyList<(string Source, string Destination)> files, FileTime? latest, CancellationToken cancellation)
    {
        using var active = services.Snapshots.Prepare(below);
        using var view = services.Snapshots.MountReadOnly(below);
        foreach (var (source, destination) in files)
        {
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
