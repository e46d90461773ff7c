using Bld.Builder.Layers;
using Bld.Builder.Store;

namespace Bld.Builder.Copy;

/// <summary>
/// Stops archives that are made to fill disks: one that gives more than 256 MiB may give at most 2000 times what it has compressed.
/// That is twice what gzip can do at all, and far from what data of any use does.
/// </summary>
internal sealed class ExpansionLimit(Stream content, long compressed) : ReadOnlyStream
{
    private const long Harmless = 256L << 20;
    private const long MostTimes = 2000;
    private long _given;

    public override int Read(Span<byte> buffer)
    {
        var count = content.Read(buffer);
        _given += count;
        return _given > Harmless && _given / MostTimes > compressed
            ? throw new BuildException(
                $"the archive's {compressed} bytes unpack to more than {MostTimes} times as many: it is refused as a decompression bomb; if it is none, COPY it and unpack it by RUN")
            : count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }
}
