using Bld.Builder.Layers;

namespace Bld.Builder.Engine.Images;

/// <summary>Gives what it reads, and writes it elsewhere too.</summary>
internal sealed class TeeStream(Stream source, Stream copy) : ReadOnlyStream
{
    public override int Read(Span<byte> buffer)
    {
        var count = source.Read(buffer);
        copy.Write(buffer[..count]);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
