using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Bld.Registry;

/// <summary>Uploads: in one piece when small, else as a stream that goes on where it broke off.</summary>
public sealed partial class RegistryClient
{
    private const long LargestPiece = 1 << 20;

    /// <summary>Uploads a blob of known digest and length.</summary>
    /// <param name="blob">What it is.</param>
    /// <param name="open">Opens its bytes; asked again when a try fails. Must be seekable.</param>
    /// <param name="cancellation">Stops the upload.</param>
    public Task UploadAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation) =>
        UploadAsync(new FixedSource(blob, open), null, cancellation);

    /// <summary>
    /// Takes a blob from another repository of the registry without an upload (distribution-spec, "Mounting a blob from another
    /// repository"). False when the registry won't.
    /// </summary>
    public async Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation)
    {
        var query = $"?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(repository)}";
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Post, Path("blobs/uploads/" + query), $"{Push} repository:{repository}:pull") { Content = Nothing }, cancellation);
        return response.StatusCode == HttpStatusCode.Created;
    }

    /// <summary>Uploads a blob while it is written.</summary>
    /// <param name="directory">Where the blob lies meanwhile, in a file without a name.</param>
    /// <param name="produce">Writes the blob and gives its digest; runs on a thread of its own.</param>
    /// <param name="cancellation">Stops the upload.</param>
    /// <returns>Digest and length.</returns>
    public async Task<(Digest Digest, long Size)> UploadAsync(string directory, Func<Stream, Digest> produce, CancellationToken cancellation)
    {
        await using var spool = new SpoolFile(directory);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var producing = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    spool.Complete(produce(spool));
                }
                catch (Exception exception)
                {
                    // The uploading side must not wait for what never comes.
                    spool.Fail(exception);
                    stop.Cancel();
                    throw;
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            await UploadAsync(spool, null, stop.Token);
        }
        catch (OperationCanceledException) when (producing.IsFaulted)
        {
            // The producer's error is thrown below.
        }
        finally
        {
            await producing;
        }

        return (await spool.DigestAsync(cancellation), spool.Length);
    }

    private async Task UploadAsync(IUploadSource source, Uri? location, CancellationToken cancellation)
    {
        long offset = 0;
        for (var failures = 0; ;)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                location ??= await StartUploadAsync(cancellation);
                await SendAsync(source, location, offset, cancellation);
                return;
            }
            catch (RegistryException exception) when (MayGoOn(exception) && failures < _options.Retries)
            {
                var pause = _options.PauseBefore(failures);
                _options.Tell(exception.Message, failures++, Stopwatch.GetElapsedTime(started), pause);
                await Task.Delay(pause, cancellation);
                if (source.Size is not null && await HasBlobAsync(await source.DigestAsync(cancellation), cancellation))
                {
                    // Only the answer was lost.
                    return;
                }

                (location, offset) = await ProgressAsync(location, cancellation);
            }
        }
    }

    private static bool MayGoOn(RegistryException exception) =>
        exception.IsPassing || exception.Status is HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable;

    private async Task SendAsync(IUploadSource source, Uri location, long offset, CancellationToken cancellation)
    {
        if (offset == 0 && source.Size is { } small and <= LargestPiece)
        {
            await FinishUploadAsync(location, await source.DigestAsync(cancellation), () => new UploadContent(source.Open(0), small), cancellation);
            return;
        }

        if (source.Size is not { } size || offset < size)
        {
            location = await SendPieceAsync(source, location, offset, cancellation);
        }

        await FinishUploadAsync(location, await source.DigestAsync(cancellation), Nothing, cancellation);
    }

    private async Task<Uri> SendPieceAsync(IUploadSource source, Uri location, long offset, CancellationToken cancellation)
    {
        if (offset > 0)
        {
            // A further piece must say which bytes it has (distribution-spec, "Pushing a blob in chunks").
            await source.DigestAsync(cancellation);
        }

        var end = source.Size;
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Patch, location, Push)
            {
                Content = () =>
                {
                    var content = new UploadContent(source.Open(offset), end - offset);
                    if (offset > 0)
                    {
                        content.Headers.TryAddWithoutValidation("Content-Range", $"{offset}-{end - 1}");
                    }

                    return content;
                },
            },
            cancellation);
        await CheckAsync(response, cancellation);
        return LocationOf(response) ?? location;
    }

    private async Task FinishUploadAsync(Uri location, Digest digest, Func<HttpContent> content, CancellationToken cancellation)
    {
        var separator = location.OriginalString.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var target = new Uri($"{location.OriginalString}{separator}digest={Uri.EscapeDataString(digest.ToString())}", UriKind.RelativeOrAbsolute);
        using var response = await _connection.SendAsync(new RegistryRequest(HttpMethod.Put, target, Push) { Content = content }, cancellation);
        await CheckAsync(response, cancellation);
    }

    private static ByteArrayContent Nothing() => new([]);

    private async Task<Uri> StartUploadAsync(CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Post, Path("blobs/uploads/"), Push) { Content = Nothing }, cancellation);
        await CheckAsync(response, cancellation);
        return LocationOf(response) ?? throw new RegistryException($"{_name.Host} gave no place to upload to");
    }

    /// <summary>How much of an upload the registry has; a new one when it has forgotten it.</summary>
    private async Task<(Uri? Location, long Offset)> ProgressAsync(Uri? location, CancellationToken cancellation)
    {
        if (location is null)
        {
            return (null, 0);
        }

        using var response = await _connection.SendAsync(new RegistryRequest(HttpMethod.Get, location, Push), cancellation);
        if (response.StatusCode != HttpStatusCode.NoContent || LastByte(response.Headers) is not { } last)
        {
            return (null, 0);
        }

        // "0-0" is both nothing and one byte; the first is what it nearly always means, and the other costs a new upload.
        return last == 0 ? (null, 0) : (LocationOf(response) ?? location, last + 1);
    }

    private static long? LastByte(HttpResponseHeaders headers) =>
        headers.TryGetValues("Range", out var values) && values.FirstOrDefault()?.Split('-') is [_, var last] && long.TryParse(last, out var number)
            ? number
            : null;

    private static Uri? LocationOf(HttpResponseMessage response) =>
        response.Headers.Location is { } location && response.RequestMessage?.RequestUri is { } asked ? new Uri(asked, location) : null;
}
