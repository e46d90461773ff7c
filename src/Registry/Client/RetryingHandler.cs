using System.Net;

using Polly;
using Polly.Retry;

namespace Bld.Registry;

/// <summary>Tries again what failed for a reason that passes: a broken connection, 429 and 5xx, with growing pauses and as the registry asks.</summary>
internal sealed class RetryingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int Tries = 4;

    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = Tries,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(20),
            UseJitter = true,
            ShouldHandle = static outcome => new ValueTask<bool>(
                outcome.Outcome.Exception is HttpRequestException || IsPassing(outcome.Outcome.Result?.StatusCode)),
            DelayGenerator = static outcome => new ValueTask<TimeSpan?>(outcome.Outcome.Result?.Headers.RetryAfter?.Delta),
            OnRetry = static outcome =>
            {
                outcome.Outcome.Result?.Dispose();
                return default;
            },
        })
        .Build();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A body that streams can be sent only once; its owner starts the upload anew.
        return request.Content is StreamContent
            ? await base.SendAsync(request, cancellationToken)
            : await _pipeline.ExecuteAsync(async token => await base.SendAsync(request, token), cancellationToken);
    }

    private static bool IsPassing(HttpStatusCode? status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int?)status >= 500;
}
