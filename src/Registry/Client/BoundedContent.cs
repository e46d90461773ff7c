namespace Bld.Registry;

/// <summary>Answers that are read whole, up to a limit, since their sender is not to be trusted with our memory or our time.</summary>
internal static class BoundedContent
{
    /// <summary>The whole body.</summary>
    /// <exception cref="RegistryException">It is larger than allowed, breaks off, or stops coming.</exception>
    internal static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, string what, TimeSpan stall, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            throw TooLarge(what, limit);
        }

        using var patience = new Patience(stall, cancellation);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(patience.Token);
            using var content = new MemoryStream();
            var buffer = new byte[65536];
            int count;
            while ((count = await stream.ReadAsync(buffer, patience.Token)) > 0)
            {
                patience.Renew();
                await content.WriteAsync(buffer.AsMemory(0, count), patience.Token);
                if (content.Length > limit)
                {
                    throw TooLarge(what, limit);
                }
            }

            return content.ToArray();
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException
            || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var reason = exception is OperationCanceledException ? "nothing was heard for too long" : exception.Message.TrimEnd('.');
            throw new RegistryException($"{what} broke off: {reason}", exception) { IsPassing = true };
        }
    }

    private static RegistryException TooLarge(string what, int limit) => new($"{what} is larger than {limit >> 10} KiB; it is refused");
}
