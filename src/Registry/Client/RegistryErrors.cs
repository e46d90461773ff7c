using System.Text.Json;

namespace Bld.Registry;

/// <summary>Makes one sentence of an answer that is no success.</summary>
internal static class RegistryErrors
{
    private const int LargestError = 64 * 1024;
    private const int MostTold = 3;

    /// <summary>
    /// The code for a manifest whose blobs the registry doesn't see, although it has taken each of them. Where another client writes the same
    /// blob at that moment, or the registry's storage is one that shows things late, it sees them a little later.
    /// </summary>
    private const string BlobNotSeen = "MANIFEST_BLOB_UNKNOWN";

    /// <summary>Says what was asked, what the registry answered with its code, and what to do.</summary>
    internal static async Task<RegistryException> ReadAsync(
        HttpResponseMessage response, RegistryName name, bool isOwn, RegistryOptions options, CancellationToken cancellation)
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

        var errors = Parse(body);
        var status = (int)response.StatusCode;
        var request = response.RequestMessage;
        var hint = status switch
        {
            401 when !isOwn => $"; {name.Host} redirected there, and its credentials are for no other host",
            401 or 403 => $"; log in with \"bld login {name.Host}\", or ask for the right to do this",
            404 => $"; there is no {name}, or you may not see it without \"bld login {name.Host}\"",
            429 => "; the registry wants fewer requests: try again later",
            _ => "",
        };

        // The path only: queries hold signatures.
        var url = $"{request?.RequestUri?.Authority ?? name.Host}{request?.RequestUri?.AbsolutePath}";
        return new RegistryException($"{request?.Method.Method} {url}: {status} {response.ReasonPhrase}{Told(errors) ?? Usual(status)}{hint}")
        {
            Status = response.StatusCode,
            IsPassing = PassingFailure.Is(response.StatusCode) || errors.Any(static error => error.Code == BlobNotSeen),
        };
    }

    // An answer to HEAD has no body.
    private static string Usual(int status) => status == 401 ? " (unauthorized: authentication required)" : "";

    /// <summary>The errors, each code in the words that programs know it by: <c>manifest unknown: …</c>; null when there is none.</summary>
    private static string? Told(IReadOnlyCollection<(string? Code, string Message)> errors)
    {
        var lines = errors
            .Select(static error => (Code: error.Code?.Replace('_', ' ').ToLowerInvariant(), error.Message))
            .Select(static error => $"{error.Code}{(error.Message.Length > 0 ? ": " : "")}{error.Message}")
            .Distinct(StringComparer.Ordinal).Take(MostTold).ToList();
        return lines.Count > 0 ? $" ({string.Join("; ", lines)})" : null;
    }

    private static List<(string? Code, string Message)> Parse(byte[] body)
    {
        var errors = new List<(string? Code, string Message)>();
        try
        {
            using var document = JsonDocument.Parse(body);
            foreach (var error in document.RootElement.GetProperty("errors").EnumerateArray())
            {
                var message = error.TryGetProperty("message", out var text) ? text.GetString() ?? "" : "";
                var line = new string([.. message.Take(300).Select(static letter => char.IsControl(letter) ? ' ' : letter)]);
                errors.Add((error.GetProperty("code").GetString(), line));
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // What could be read says enough.
        }

        return errors;
    }
}
