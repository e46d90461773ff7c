using System.Globalization;
using System.Text;

namespace Bld.Dockerfile;

/// <summary>Text as Go's <c>%q</c> shows it, which people know from other builders' messages and histories.</summary>
public static class GoText
{
    /// <summary>A text in double quotes, with quotes, backslashes and control characters escaped.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var character in text)
        {
            quoted = character switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7F' => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A list as <c>["a" "b c"]</c>.</summary>
    public static string QuoteList(IEnumerable<string> texts) => $"[{string.Join(' ', texts.Select(Quote))}]";
}
