using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Store;

/// <summary>The blobs of the layout.</summary>
internal sealed partial class ImageStore
{
    /// <summary>The path of a blob, whether it is there or not.</summary>
    internal string BlobPath(Digest digest) => $"{state.Root}/{RelativePath(digest)}";

    /// <summary>Whether a blob is there. It is then whole: blobs are on the disk before they get their name.</summary>
    internal bool HasBlob(Digest digest) =>
        FileCalls.TryStatus(state.Handle, System.Text.Encoding.ASCII.GetBytes(RelativePath(digest)), out _) == Errno.None;

    /// <summary>A blob's bytes.</summary>
    /// <exception cref="BuildException">It is not there.</exception>
    internal byte[] ReadBlob(Digest digest) =>
        state.ReadFile(RelativePath(digest)) ?? throw new BuildException($"the blob {digest} is missing in {state.ImagesPath}; pull or build its image again");

    /// <summary>A blob to read; null when it is not there (a layer that was built here).</summary>
    internal Stream? OpenBlob(Digest digest)
    {
        try
        {
            return new FileStream(BlobPath(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A new blob to write, of any length; nobody sees it before <see cref="BlobFile.Publish"/>.</summary>
    internal BlobFile CreateBlob() => new(state, RelativePath);

    /// <summary>
    /// Removes the blobs that no image has. The caller holds the whole exclusively (<see cref="StateDirectory.TryLockAll"/>), since
    /// a pull in progress counts on what it found.
    /// </summary>
    /// <returns>The number of bytes that were freed.</returns>
    internal long RemoveUnusedBlobs()
    {
        var used = new HashSet<Digest>();
        foreach (var image in List())
        {
            used.UnionWith(BlobsOf(image));
        }

        long freed = 0;
        foreach (var file in Directory.Exists($"{state.ImagesPath}/blobs") ? Directory.EnumerateFiles($"{state.ImagesPath}/blobs", "*", SearchOption.AllDirectories) : [])
        {
            if (!Digest.TryParse($"{Path.GetFileName(Path.GetDirectoryName(file))}:{Path.GetFileName(file)}", out var digest) || !used.Contains(digest))
            {
                freed += new FileInfo(file).Length;
                File.Delete(file);
            }
        }

        return freed;
    }

    private static string RelativePath(Digest digest) => $"images/blobs/{digest.Algorithm}/{digest.Hex}";

    // Not synced: the caller syncs before the index speaks of it, and writes it anew if the index doesn't.
    private void PublishBlob(Digest digest, ReadOnlySpan<byte> bytes) => state.PublishFile(RelativePath(digest), bytes, durable: false);

    private List<Digest> BlobsOf(StoredImage image)
    {
        var blobs = new List<Digest> { image.ManifestDigest };
        AddBlobs(blobs, ReadManifest(image), image.MediaType);
        return blobs;
    }

    // What a list speaks of and we have is kept with it.
    private void AddBlobs(List<Digest> blobs, byte[] content, string mediaType)
    {
        if (!MediaTypes.IsIndex(mediaType))
        {
            var manifest = ImageManifest.Parse(content);
            blobs.Add(manifest.Config.Digest);
            blobs.AddRange(manifest.Layers.Select(static layer => layer.Digest));
            return;
        }

        foreach (var member in ImageIndex.Parse(content).Manifests.Where(member => HasBlob(member.Digest)))
        {
            blobs.Add(member.Digest);
            AddBlobs(blobs, ReadBlob(member.Digest), member.MediaType);
        }
    }

    private void RemoveBlobs(HashSet<Digest> candidates)
    {
        // Most images were built here and have but a manifest and a configuration, which the index knows about.
        var index = ReadIndex();
        candidates.RemoveWhere(digest => !HasBlob(digest) || index.Has(digest));
        if (candidates.Count > 0)
        {
            foreach (var other in index.Images().TakeWhile(_ => candidates.Count > 0))
            {
                candidates.ExceptWith(BlobsOf(other));
            }
        }

        foreach (var digest in candidates)
        {
            File.Delete(BlobPath(digest));
        }
    }
}
