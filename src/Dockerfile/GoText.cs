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
            quoted.Append(character == '"' ? "\\\"" : Escape(character));
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A list as <c>["a" "b c"]</c>.</summary>
    public static string QuoteList(IEnumerable<string> texts) => $"[{string.Join(' ', texts.Select(Quote))}]";

    /// <summary>A number as the character of that code: what <c>%q</c> makes of an integer.</summary>
    internal static string QuoteCharacter(int code)
    {
        var text = Rune.IsValid(code) ? new Rune(code).ToString() : "\uFFFD";
        return text == "'" ? @"'\''" : $"'{string.Concat(text.Select(Escape))}'";
    }

    private static string Escape(char character) => character switch
    {
        '\\' => @"\\",
        '\a' => "\\a",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\v' => "\\v",
        < ' ' or '\x7F' => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
        _ => character.ToString(),
    };
}
