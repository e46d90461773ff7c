namespace Bld.Dockerfile;

/// <summary>Splits one line of comma-separated values; a field that begins with a double quote may hold commas (RFC 4180).</summary>
internal static class CsvFields
{
    internal static IEnumerable<string> Split(string text) => text.Contains('"') ? SplitQuoted(text) : text.Split(',');

    private static IEnumerable<string> SplitQuoted(string text)
    {
        var field = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (character == '"')
            {
                quoted = !quoted;
            }
            else if (character == ',' && !quoted)
            {
                yield return field.ToString();
                field.Clear();
            }
            else
            {
                field.Append(character);
            }
        }

        yield return field.ToString();
    }
}
