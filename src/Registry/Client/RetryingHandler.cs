using Polly;
using Polly.Retry;

namespace Bld.Registry;

/// <summary>
/// Tries again what failed for a reason that passes: a broken connection, no answer in time, 429 and 5xx, with growing pauses and as
/// the registry asks. A body that streams is sent once; who sends it knows how to go on (<see cref="RegistryClient"/>).
/// </summary>
internal sealed class RetryingHandler : DelegatingHandler
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly ResiliencePropertyKey<HttpRequestMessage> Asking = new("request");

    private readonly RegistryOptions _options;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    internal RetryingHandler(HttpMessageHandler inner, RegistryOptions options)
        : base(inner)
    {
        _options = options;
        _pipeline = options.Retries == 0 ? ResiliencePipeline<HttpResponseMessage>.Empty : new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.Retries,
                ShouldHandle = static outcome => new ValueTask<bool>(
                    PassingFailure.Is(outcome.Outcome.Exception) || PassingFailure.Is(outcome.Outcome.Result?.StatusCode)),
                DelayGenerator = outcome => new ValueTask<TimeSpan?>(Asked(outcome.Outcome.Result) ?? options.PauseBefore(outcome.AttemptNumber)),
                OnRetry = outcome =>
                {
                    Tell(outcome);
                    outcome.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is UploadContent upload)
        {
            return await SendOnceAsync(request, upload, cancellationToken);
        }

        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(Asking, request);
            return await _pipeline.ExecuteAsync(async each => await SendOnceAsync(request, null, each.CancellationToken), context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private void Tell(OnRetryArguments<HttpResponseMessage> retry)
    {
        var request = retry.Context.Properties.GetValue(Asking, null!);
        var why = retry.Outcome.Result is { } answer ? $"{(int)answer.StatusCode} {answer.ReasonPhrase}" : retry.Outcome.Exception?.Message;

        // The path only: queries hold signatures.
        _options.Tell(
            $"{request.Method.Method} {request.RequestUri?.Authority}{request.RequestUri?.AbsolutePath}: {why}", retry.AttemptNumber, retry.Duration, retry.RetryDelay);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, UploadContent? upload, CancellationToken cancellation)
    {
        using var patience = new Patience(_options.StallTimeout, cancellation);
        upload?.Watch(patience);
        try
        {
            return await base.SendAsync(request, patience.Token);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.Unknown, $"nothing was heard for {_options.StallTimeout.TotalSeconds:0.#} seconds", exception);
        }
    }

    private static TimeSpan? Asked(HttpResponseMessage? response)
    {
        var asked = response?.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - DateTimeOffset.UtcNow) : null;
        return asked is not { } pause ? null : pause < TimeSpan.Zero ? TimeSpan.Zero : pause < LongestPause ? pause : LongestPause;
    }
}
