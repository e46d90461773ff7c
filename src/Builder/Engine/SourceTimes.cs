using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Layers;

namespace Bld.Builder.Engine;

/// <summary>When a source that lies elsewhere was made, in seconds since 1970.</summary>
internal static class SourceTimes
{
    /// <summary>The time of a repository's commit.</summary>
    public static long? OfRepository(RemoteSources remote, GitReference reference, CancellationToken cancellation)
    {
        var commit = remote.Repository(reference).Resolve();
        return GitRepository.TimeOf(remote.CheckOut(reference, commit, keepsGitDirectory: true).Path, commit, cancellation);
    }

    /// <summary>What the server said, or else the time of an archive's newest file; null when neither is known.</summary>
    public static long? OfFile(DownloadedFile file, CancellationToken cancellation)
    {
        if (file.LastModified is { } modified)
        {
            return modified.ToUnixTimeSeconds();
        }

        using var stream = File.OpenRead(file.Path);
        using var archive = Archives.TryOpen(stream);
        return archive is null ? null : Newest(archive, cancellation);
    }

    private static long? Newest(Stream archive, CancellationToken cancellation)
    {
        using var reader = new TarReader(archive);
        long? newest = null;
        while (reader.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            var counts = entry.Kind == TarKind.File && !(newest >= entry.ModifiedAt.Seconds);
            newest = counts ? entry.ModifiedAt.Seconds : newest;
        }

        return newest;
    }
}
