using Bld.Registry;

namespace Bld.Builder.Store;

/// <summary>An <c>index.json</c> that another program has written: what our list needs is read from the blobs.</summary>
internal static class ForeignIndex
{
    /// <summary>The same in our form. Of two images with one name the latter has it.</summary>
    /// <param name="foreign">What was read.</param>
    /// <param name="readBlob">Reads a document.</param>
    internal static ImageIndexFile Adopt(ImageIndex foreign, Func<Digest, byte[]> readBlob)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var descriptor in foreign.Manifests)
        {
            if (Note(descriptor, ImageIndexLine.NameKey) is { } name)
            {
                owners[name] = descriptor.Digest.ToString();
            }
        }

        return ImageIndexFile.Of(foreign.Manifests.GroupBy(static descriptor => descriptor.Digest.ToString(), StringComparer.Ordinal).Select(same =>
        {
            var names = same.Select(static descriptor => Note(descriptor, ImageIndexLine.NameKey)).OfType<string>().Where(name => owners[name] == same.Key).Distinct().ToList();
            var image = Describe(same.First(), readBlob);
            return image with { Names = names, History = image.History.Count > 0 ? image.History : [.. Enumerable.Reverse(names)] };
        }));
    }

    // Programs keep the annotations of what was there; of those only the names that it had are believed.
    private static StoredImage Describe(Descriptor descriptor, Func<Digest, byte[]> readBlob)
    {
        var image = new StoredImage
        {
            Id = descriptor.Digest.Hex,
            MediaType = descriptor.MediaType,
            ManifestDigest = descriptor.Digest,
            ManifestSize = descriptor.Size,
            Names = [],
            History = Note(descriptor, ImageIndexLine.HistoryKey)?.Split(' ') ?? [],
        };
        if (!MediaTypes.IsManifest(descriptor.MediaType))
        {
            return image;
        }

        var manifest = ImageManifest.Parse(readBlob(descriptor.Digest));
        return image with
        {
            Id = manifest.Config.Digest.Hex,
            Created = ImageConfig.Parse(readBlob(manifest.Config.Digest)).Created,
            Size = manifest.Layers.Sum(static layer => layer.Size),
        };
    }

    private static string? Note(Descriptor descriptor, string key) => descriptor.Annotations is { } notes && notes.TryGetValue(key, out var value) ? value : null;
}
