using Bld.Runtime.Linux;

namespace Bld.Builder.Copy;

/// <summary>Connects a copy with the one before it, whose unchanged files it shares, and with the one after it.</summary>
/// <param name="earlier">The earlier copy's snapshot; null when there is none.</param>
internal sealed class CopyTracking(EarlierCopy? earlier)
{
    private const int TooFew = 64;
    private readonly CopyManifest.Writer _manifest = new();
    private bool _isTrue = true;

    /// <summary>What the next copy may rely on; empty when it is not worth it, or not certain.</summary>
    public ReadOnlySpan<byte> Manifest => _isTrue && _manifest.Count >= TooFew ? _manifest.Bytes : default;

    /// <summary>A file changed while it was copied: what is listed may not be what was written.</summary>
    public void Forget() => _isTrue = false;

    /// <summary>Lists a file; gives its equal of the earlier copy, if there is one.</summary>
    public EarlierFile? Find(ByteString path, in CopiedFile file)
    {
        _manifest.Add(path.Span, file);
        return earlier?.Find(path, file);
    }
}
