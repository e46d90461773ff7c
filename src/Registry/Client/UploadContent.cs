using System.Net;
using System.Net.Http.Headers;

namespace Bld.Registry;

/// <summary>A request's body that is read from a stream piece by piece; each piece renews the patience of who waits.</summary>
internal sealed class UploadContent : HttpContent
{
    private readonly Stream _source;
    private readonly long? _length;
    private Patience? _patience;

    internal UploadContent(Stream source, long? length)
    {
        _source = source;
        _length = length;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    internal void Watch(Patience patience) => _patience = patience;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 17];
        int count;
        while ((count = await _source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            _patience?.Renew();
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            _patience?.Renew();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }
}
