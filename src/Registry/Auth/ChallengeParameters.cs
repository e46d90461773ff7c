namespace Bld.Registry;

/// <summary>The <c>name="value"</c> pairs of a challenge (RFC 9110, 11.2).</summary>
internal static class ChallengeParameters
{
    internal static Dictionary<string, string> Parse(string? text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        text ??= "";
        var position = 0;
        while (position < text.Length && text.IndexOf('=', position) is var equals and >= 0)
        {
            var key = text[position..equals].Trim(' ', ',');
            var quoted = equals + 1 < text.Length && text[equals + 1] == '"';
            var start = equals + (quoted ? 2 : 1);
            var end = start <= text.Length ? text.IndexOf(quoted ? '"' : ',', start) : -1;
            end = end < 0 ? text.Length : end;
            parameters[key] = text[Math.Min(start, end)..end];
            position = end + 1;
        }

        return parameters;
    }
}
