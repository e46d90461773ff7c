using System.Diagnostics;

namespace Bld.Registry;

/// <summary>
/// Tries again what failed for a reason that passes: a broken connection, no answer in time, 429 and 5xx, with growing pauses and as
/// the registry asks. A body that streams is sent once; who sends it knows how to go on (<see cref="RegistryClient"/>).
/// </summary>
internal sealed class RetryingHandler(HttpMessageHandler inner, RegistryOptions options) : DelegatingHandler(inner)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is UploadContent upload)
        {
            return await SendOnceAsync(request, upload, cancellationToken);
        }

        for (var failures = 0; ; failures++)
        {
            var started = Stopwatch.GetTimestamp();
            TimeSpan pause;
            string? why;
            try
            {
                var answer = await SendOnceAsync(request, null, cancellationToken);
                if (failures == options.Retries || !PassingFailure.Is(answer.StatusCode))
                {
                    return answer;
                }

                using (answer)
                {
                    why = $"{(int)answer.StatusCode} {answer.ReasonPhrase}";
                    pause = Asked(answer) ?? options.PauseBefore(failures);
                }
            }
            catch (HttpRequestException exception) when (failures < options.Retries && PassingFailure.Is(exception))
            {
                why = exception.Message;
                pause = options.PauseBefore(failures);
            }

            // The path only: queries hold signatures.
            options.Tell(
                $"{request.Method.Method} {request.RequestUri?.Authority}{request.RequestUri?.AbsolutePath}: {why}", failures, Stopwatch.GetElapsedTime(started), pause);
            await Task.Delay(pause, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, UploadContent? upload, CancellationToken cancellation)
    {
        using var patience = new Patience(options.StallTimeout, cancellation);
        upload?.Watch(patience);
        try
        {
            return await base.SendAsync(request, patience.Token);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.Unknown, $"nothing was heard for {options.StallTimeout.TotalSeconds:0.#} seconds", exception);
        }
    }

    private static TimeSpan? Asked(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - DateTimeOffset.UtcNow) : null;
        return asked is not { } pause ? null : pause < TimeSpan.Zero ? TimeSpan.Zero : pause < LongestPause ? pause : LongestPause;
    }
}
