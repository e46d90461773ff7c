using System.Text.Json;

namespace Bld.Registry;

/// <summary>Makes one sentence of an answer that is no success.</summary>
internal static class RegistryErrors
{
    private const int LargestError = 64 * 1024;

    /// <summary>Says what was asked, what the registry answered with its code, and what to do.</summary>
    internal static async Task<RegistryException> ReadAsync(
        HttpResponseMessage response, RegistryName name, RegistryOptions options, CancellationToken cancellation)
    {
        byte[] body;
        try
        {
            body = await BoundedContent.ReadAsync(response, LargestError, "the answer", options.StallTimeout, cancellation);
        }
        catch (RegistryException)
        {
            // The status says enough.
            body = [];
        }

        var status = (int)response.StatusCode;
        var request = response.RequestMessage;
        var hint = status switch
        {
            401 or 403 => $"; log in with \"bld login {name.Host}\", or ask for the right to do this",
            404 => $"; there is no {name}, or you may not see it without \"bld login {name.Host}\"",
            429 => "; the registry wants fewer requests: try again later",
            _ => "",
        };

        // The path only: queries hold signatures.
        var url = $"{request?.RequestUri?.Authority ?? name.Host}{request?.RequestUri?.AbsolutePath}";
        return new RegistryException($"{request?.Method.Method} {url}: {status} {response.ReasonPhrase}{Code(body) ?? Usual(status)}{hint}")
        {
            Status = response.StatusCode,
            IsPassing = PassingFailure.Is(response.StatusCode),
        };
    }

    // An answer to HEAD has no body.
    private static string Usual(int status) => status == 401 ? " (unauthorized: authentication required)" : "";

    /// <summary>The first error, its code in the words that programs know it by: <c>manifest unknown: …</c>; null when there is none.</summary>
    private static string? Code(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var first = document.RootElement.GetProperty("errors")[0];
            var message = first.TryGetProperty("message", out var text) ? text.GetString() ?? "" : "";
            var line = new string([.. message.Take(300).Select(static letter => char.IsControl(letter) ? ' ' : letter)]);
            var code = first.GetProperty("code").GetString()?.Replace('_', ' ').ToLowerInvariant();
            return $" ({code}{(line.Length > 0 ? ": " : "")}{line})";
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
