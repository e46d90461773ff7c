using System.Net;

namespace Bld.Registry;

/// <summary>Tells failures that a moment later may be gone from those that stay.</summary>
public static class PassingFailure
{
    /// <summary>Whether the same request may succeed later after this answer.</summary>
    public static bool Is(HttpStatusCode? status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
        || ((int?)status >= 500 && status is not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported));

    /// <summary>Whether the same request may succeed later after no answer.</summary>
    public static bool Is(Exception? exception) =>
        exception is HttpRequestException { StatusCode: null, HttpRequestError: not HttpRequestError.SecureConnectionError and not HttpRequestError.NameResolutionError };
}
