using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Bld.Registry;

/// <summary>
/// Answers a registry's <c>WWW-Authenticate</c>: Basic with the user's credentials, Bearer with a token from the realm that it names
/// (distribution-spec, "Token Authentication"). Tokens are kept for each scope as long as they work.
/// </summary>
internal sealed class Authorizer(HttpClient http, RegistryName name, RegistryOptions options) : IDisposable
{
    private const int LargestToken = 1 << 20;

    private readonly ConcurrentDictionary<string, AuthenticationHeaderValue> _tokens = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1);
    private AuthenticationHeaderValue? _basic;
    private Credentials? _credentials;
    private bool _lookedUp;

    /// <summary>The authorization that worked before; null before the first challenge.</summary>
    internal AuthenticationHeaderValue? Known(string scope) => _basic ?? _tokens.GetValueOrDefault(scope);

    /// <summary>A new authorization; null when nothing can be said that wasn't refused already.</summary>
    /// <param name="response">The 401.</param>
    /// <param name="scope">What the request needs.</param>
    /// <param name="refused">What it was sent with.</param>
    /// <param name="cancellation">Stops the search.</param>
    internal async Task<AuthenticationHeaderValue?> AnswerAsync(
        HttpResponseMessage response, string scope, AuthenticationHeaderValue? refused, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            // Another request of this scope may have been quicker.
            if (Known(scope) is { } known && !known.Equals(refused))
            {
                return known;
            }

            var credentials = Find();
            foreach (var challenge in response.Headers.WwwAuthenticate)
            {
                if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
                {
                    return _tokens[scope] = await TokenAsync(ChallengeParameters.Parse(challenge.Parameter), response, scope, credentials, cancellation);
                }

                if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && credentials is { IdentityToken: null } && _basic is null)
                {
                    return _basic = new AuthenticationHeaderValue("Basic", credentials.Basic);
                }
            }

            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private Credentials? Find()
    {
        if (!_lookedUp)
        {
            _credentials = options.Credentials ?? AuthFiles.Find(name, options);
            _lookedUp = true;
        }

        return _credentials;
    }

    private async Task<AuthenticationHeaderValue> TokenAsync(
        Dictionary<string, string> parameters, HttpResponseMessage response, string scope, Credentials? credentials, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) || realm.Scheme is not ("https" or "http"))
        {
            throw new RegistryException($"{name.Host} asks for a token and doesn't say where to get it");
        }

        if (realm.Scheme == "http" && response.RequestMessage?.RequestUri?.Scheme == "https" && !realm.IsLoopback)
        {
            throw new RegistryException($"{name.Host} wants its token fetched from {realm.Authority} without TLS, which would give your password away");
        }

        using var request = credentials?.IdentityToken is { } identity
            ? Refresh(realm, parameters.GetValueOrDefault("service"), scope, identity)
            : Ask(realm, parameters.GetValueOrDefault("service"), scope, credentials);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new RegistryException(
                $"{realm.Authority} gave no token for {name.Host}: {(int)answer.StatusCode} {answer.ReasonPhrase}; log in with \"bld login {name.Host}\"")
            {
                Status = answer.StatusCode,
            };
        }

        var body = await BoundedContent.ReadAsync(answer, LargestToken, $"the token of {realm.Authority}", options.StallTimeout, cancellation);
        return new AuthenticationHeaderValue("Bearer", TokenOf(body, realm));
    }

    private string TokenOf(byte[] body, Uri realm)
    {
        const int LongestHeader = 64 * 1024;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var token = root.TryGetProperty("token", out var plain) ? plain.GetString()
                : root.TryGetProperty("access_token", out var access) ? access.GetString() : null;
            return token is not { Length: > 0 and < LongestHeader } || token.AsSpan().ContainsAnyExceptInRange('!', '~')
                ? throw new RegistryException($"{realm.Authority} gave no usable token for {name.Host}")
                : token;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new RegistryException($"{realm.Authority} gave no usable token for {name.Host}: its answer is not JSON", exception);
        }
    }

    private static HttpRequestMessage Ask(Uri realm, string? service, string scope, Credentials? credentials)
    {
        var query = new StringBuilder(realm.Query.Length > 1 ? realm.Query + "&" : "?");
        query.Append("service=").Append(Uri.EscapeDataString(service ?? ""));
        foreach (var each in scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            query.Append("&scope=").Append(Uri.EscapeDataString(each));
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        request.Headers.Authorization = credentials is null ? null : new AuthenticationHeaderValue("Basic", credentials.Basic);
        return request;
    }

    private static HttpRequestMessage Refresh(Uri realm, string? service, string scope, string identity) => new(HttpMethod.Post, realm)
    {
        Content = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"),
            new("service", service ?? ""),
            new("scope", scope),
            new("client_id", "bld"),
            new("refresh_token", identity),
        ]),
    };
}
