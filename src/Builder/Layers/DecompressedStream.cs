using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>Reads through a decompressor and says in one way when its data is broken, whatever its library throws.</summary>
internal sealed class DecompressedStream(Func<Stream> open, string kind) : ReadOnlyStream
{
    // Opened late: some read their header at once.
    private Stream? _decompressor;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return (_decompressor ??= open()).Read(buffer);
        }
        catch (Exception error) when (IsAboutData(error))
        {
            throw new BuildException($"the {kind} data is damaged: {error.Message}", error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decompressor?.Dispose();
        }

        base.Dispose(disposing);
    }

    // What the source says (a broken connection, a wrong digest, a cancellation) goes through as it is.
    private static bool IsAboutData(Exception error) =>
        error is InvalidDataException or EndOfStreamException or ZstdSharp.ZstdException
            or ICSharpCode.SharpZipLib.SharpZipBaseException or SharpCompress.Common.SharpCompressException
            or IndexOutOfRangeException or ArgumentException or NullReferenceException or OverflowException
        && error is not (BuildException or LinuxException);
}
