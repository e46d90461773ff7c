using System.IO.Compression;

using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>The compression of layers.</summary>
internal static class LayerStreams
{
    /// <summary>A layer's tarball, out of its blob.</summary>
    public static Stream Decompress(Stream blob, string mediaType) => MediaTypes.CompressionOf(mediaType) switch
    {
        LayerCompression.None => blob,
        LayerCompression.Gzip => new GZipStream(blob, CompressionMode.Decompress),
        LayerCompression.Zstd => new ZstdSharp.DecompressionStream(blob),
        _ => throw new BuildException($"cannot unpack a layer of type {mediaType}"),
    };
}
