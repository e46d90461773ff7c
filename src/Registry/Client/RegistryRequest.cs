using System.Net.Http.Headers;

namespace Bld.Registry;

/// <summary>A request that can be made again: after a redirect, with a new token, after a failure.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Target">A path below the registry, or a whole URL that the registry gave.</param>
/// <param name="Scope">What a token must allow, as <c>repository:NAME:pull</c>; several are separated by spaces.</param>
internal sealed record RegistryRequest(HttpMethod Method, Uri Target, string Scope)
{
    /// <summary>Sets headers.</summary>
    public Action<HttpRequestHeaders>? Headers { get; init; }

    /// <summary>Makes the body.</summary>
    public Func<HttpContent>? Content { get; init; }

    internal HttpRequestMessage ToMessage(Uri target)
    {
        var message = new HttpRequestMessage(Method, target) { Content = Content?.Invoke() };
        Headers?.Invoke(message.Headers);
        return message;
    }
}
