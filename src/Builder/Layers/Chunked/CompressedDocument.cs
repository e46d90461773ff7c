using System.Security.Cryptography;

using Bld.Registry;

namespace Bld.Builder.Layers.Chunked;

/// <summary>A text that is kept compressed while it grows.</summary>
internal sealed class CompressedDocument : IDisposable
{
    private readonly MemoryStream _content = new();
    private readonly BlockCompressionStream _compressor;

    public CompressedDocument(int level) => _compressor = Compression.CompressZstd(_content, level);

    /// <summary>Its length without compression.</summary>
    public long Length { get; private set; }

    /// <summary>What it is compressed; whole after <see cref="End"/>.</summary>
    public ReadOnlyMemory<byte> Content => _content.GetBuffer().AsMemory(0, (int)_content.Length);

    /// <summary>The digest of <see cref="Content"/>.</summary>
    public Digest Digest => Digest.FromSha256(SHA256.HashData(Content.Span));

    public void Write(ReadOnlySpan<byte> text)
    {
        _compressor.Write(text);
        Length += text.Length;
    }

    public void End() => _compressor.End();

    public void Dispose() => _compressor.Dispose();
}
