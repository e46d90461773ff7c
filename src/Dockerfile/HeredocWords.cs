namespace Bld.Dockerfile;

/// <summary>Splits a line into words with their quotes kept, so that a quoted <c>&lt;&lt;</c> is not taken for a here-document.</summary>
internal static class HeredocWords
{
    internal static IEnumerable<string> Find(string text)
    {
        var start = -1;
        var quote = '\0';
        for (var i = 0; i <= text.Length; i++)
        {
            var character = i < text.Length ? text[i] : ' ';
            if (quote == '\0' && char.IsWhiteSpace(character))
            {
                if (start >= 0)
                {
                    yield return text[start..i];
                }

                start = -1;
                continue;
            }

            start = start < 0 ? i : start;
            if (character == '\\' && quote != '\'')
            {
                i++;
            }
            else if (quote == '\0' && character is '"' or '\'')
            {
                quote = character;
            }
            else if (quote == character)
            {
                quote = '\0';
            }
        }
    }
}
