using System.Net.Http.Headers;
using System.Text.Json;

namespace Bld.Registry;

/// <summary>Answers a registry's <c>WWW-Authenticate</c>: Basic with the user's credentials, Bearer with a token from the realm that it names.</summary>
internal sealed class Challenge(HttpClient http, RegistryName name, RegistryOptions options)
{
    private const int LargestToken = 1 << 20;

    internal async Task<AuthenticationHeaderValue?> AnswerAsync(HttpResponseMessage response, string actions, CancellationToken cancellation)
    {
        var credentials = options.Credentials ?? Credentials.Find(name, options.AuthFile);
        foreach (var challenge in response.Headers.WwwAuthenticate)
        {
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && credentials is not null)
            {
                return new AuthenticationHeaderValue("Basic", credentials.Basic);
            }

            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            {
                var parameters = Parameters(challenge.Parameter ?? "");
                return await TokenAsync(parameters, actions, credentials, cancellation);
            }
        }

        return null;
    }

    private async Task<AuthenticationHeaderValue> TokenAsync(
        Dictionary<string, string> parameters, string actions, Credentials? credentials, CancellationToken cancellation)
    {
        var realm = parameters.GetValueOrDefault("realm") ?? throw new RegistryException($"{name.Host} asks for a token and doesn't say where to get it");
        var scope = $"repository:{name.Repository}:{actions}";
        var query = $"service={Uri.EscapeDataString(parameters.GetValueOrDefault("service") ?? "")}&scope={Uri.EscapeDataString(scope)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{realm}{(realm.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}");
        if (credentials is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials.Basic);
        }

        using var response = await http.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new RegistryException($"{name.Host} gave no token ({(int)response.StatusCode}); log in with bld login {name.Host}");
        }

        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (body.Length > LargestToken)
        {
            throw new RegistryException($"{name.Host} gave a token of {body.Length} bytes; it is refused");
        }

        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var token = root.TryGetProperty("token", out var plain) ? plain.GetString()
            : root.TryGetProperty("access_token", out var access) ? access.GetString() : null;
        return new AuthenticationHeaderValue("Bearer", token ?? throw new RegistryException($"{name.Host} gave an answer without a token"));
    }

    /// <summary>The <c>name="value"</c> pairs of a challenge.</summary>
    private static Dictionary<string, string> Parameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var position = 0;
        while (text.IndexOf('=', position) is var equals and >= 0)
        {
            var key = text[position..equals].Trim(' ', ',');
            var quoted = equals + 1 < text.Length && text[equals + 1] == '"';
            var start = equals + (quoted ? 2 : 1);
            var end = text.IndexOf(quoted ? '"' : ',', start);
            end = end < 0 ? text.Length : end;
            parameters[key] = text[start..end];
            position = Math.Min(text.Length, end + 1);
        }

        return parameters;
    }
}
