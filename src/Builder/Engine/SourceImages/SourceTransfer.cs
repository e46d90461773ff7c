using Bld.Registry;

namespace Bld.Builder.Engine.SourceImages;

/// <summary>Brings a source image from one place to another.</summary>
internal static class SourceTransfer
{
    /// <summary>Copies it and gives the manifest's digest; nothing is visible at the target before all of it is there.</summary>
    /// <exception cref="Store.BuildException">It is another kind of image.</exception>
    public static Digest Copy(IImageSource source, IImageSink sink, CancellationToken cancellation) =>
        CopyAsync(source, sink, cancellation).GetAwaiter().GetResult();

    private static async Task<Digest> CopyAsync(IImageSource source, IImageSink sink, CancellationToken cancellation)
    {
        var document = await source.GetManifestAsync(cancellation);
        var manifest = SourceLayout.Check(document.Content, source.Origin);
        foreach (var blob in manifest.Layers.Append(manifest.Config))
        {
            if (!await sink.HasBlobAsync(blob.Digest, cancellation))
            {
                await CopyBlobAsync(source, sink, blob, cancellation);
            }
        }

        await sink.PutManifestAsync(document, isTop: true, cancellation);
        return document.Digest;
    }

    // Sinks may read twice and seek; a registry's stream can do neither.
    private static async Task CopyBlobAsync(IImageSource source, IImageSink sink, Descriptor blob, CancellationToken cancellation)
    {
        var spool = Path.Combine(Path.GetTempPath(), $"bld-source-{Guid.NewGuid():N}");
        try
        {
            await using (var file = new FileStream(spool, FileMode.CreateNew, FileAccess.Write))
            await using (var content = await source.OpenBlobAsync(blob, cancellation))
            {
                await content.CopyToAsync(file, cancellation);
            }

            await sink.PutBlobAsync(blob, () => File.OpenRead(spool), cancellation);
        }
        finally
        {
            File.Delete(spool);
        }
    }
}
