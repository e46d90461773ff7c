using System.Text;
using System.Text.Json;

using Bld.Builder.Store;

namespace Bld.Builder.Engine.Containers;

/// <summary>Lists of words as command lines have them: a JSON array, or words that quotes hold together.</summary>
internal static class ShellWords
{
    /// <summary>A JSON array's strings, else the text's words; null for nothing.</summary>
    public static IReadOnlyList<string>? List(string text) => (TryJson(text) ?? Split(text)) is { Count: > 0 } words ? words : null;

    /// <summary>The strings of a JSON array; null when the text is none.</summary>
    public static IReadOnlyList<string>? TryJson(string text)
    {
        if (!text.TrimStart().StartsWith('['))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(static item => item.GetString() ?? "")];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Splits at white space; quotes and backslashes work as in a shell, nothing else does.</summary>
    /// <exception cref="BuildException">A quote isn't closed.</exception>
    public static IReadOnlyList<string> Split(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character == '\\' && quote != '\'' && i + 1 < text.Length)
            {
                (word ??= new StringBuilder()).Append(text[++i]);
            }
            else if (quote != '\0' ? character == quote : character is '\'' or '"')
            {
                quote = quote == '\0' ? character : '\0';
                word ??= new StringBuilder();
            }
            else if (quote == '\0' && char.IsWhiteSpace(character))
            {
                Finish(words, ref word);
            }
            else
            {
                (word ??= new StringBuilder()).Append(character);
            }
        }

        if (quote != '\0')
        {
            throw new BuildException($"\"{text}\" has a quote that is not closed");
        }

        Finish(words, ref word);
        return words;
    }

    private static void Finish(List<string> words, ref StringBuilder? word)
    {
        if (word is not null)
        {
            words.Add(word.ToString());
            word = null;
        }
    }
}
