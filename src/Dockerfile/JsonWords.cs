using System.Text;
using System.Text.Json;

namespace Bld.Dockerfile;

/// <summary>The JSON form of an instruction's arguments.</summary>
internal static class JsonWords
{
    /// <summary>Whether a text has the JSON form, whatever it holds.</summary>
    internal static bool IsArray(string text)
    {
        try
        {
            return Parse(text) is not null;
        }
        catch (DockerfileException)
        {
            return true;
        }
    }

    /// <summary>The strings of an array; null when the text is no JSON array, or something follows it, and so it is meant for a shell.</summary>
    /// <exception cref="DockerfileException">It is an array, but not of strings.</exception>
    internal static IReadOnlyList<string>? Parse(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("["))
        {
            return null;
        }

        var words = new List<string>();
        var strange = false;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), isFinalBlock: true, default);
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.String)
                {
                    words.Add(reader.GetString()!);
                    continue;
                }

                strange = true;
                reader.Skip();
            }

            // Throws when anything but blanks is left.
            reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }

        return strange ? throw new DockerfileException("when using JSON array syntax, arrays must be comprised of strings only") : words;
    }
}
