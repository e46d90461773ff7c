using System.Buffers;

namespace Bld.Dockerfile;

/// <summary>What <c>FROM --platform</c> says, once its variables are replaced.</summary>
public static class PlatformWord
{
    private static readonly SearchValues<char> Characters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.()+");

    /// <summary>The platform, whose parts can be those of one.</summary>
    /// <param name="word">The flag's value as written.</param>
    /// <param name="lookup">A global argument's value.</param>
    /// <param name="names">The global arguments, one of which may have been meant.</param>
    /// <param name="escape">The file's escape character.</param>
    /// <exception cref="DockerfileException">It is empty, or no platform.</exception>
    public static string Expand(string word, Func<string, string?> lookup, IEnumerable<string> names, char escape)
    {
        var expansion = WordExpander.Examine(word, lookup, escape);
        Check(word, expansion, names);
        return expansion.Text;
    }

    internal static void Check(string word, Expansion expansion, IEnumerable<string> names)
    {
        var text = expansion.Text;
        var problem = text.Length == 0 ? $"empty platform value from expression {word}"
            : text.Split('/').FirstOrDefault(static part => part.Length == 0 || part.AsSpan().ContainsAnyExcept(Characters)) is { } part
                ? $"failed to parse platform {word}: {GoText.Quote(part)} is an invalid component of {GoText.Quote(text)}: "
                    + "platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument"
            : null;
        if (problem is not null)
        {
            throw new DockerfileException(problem + expansion.Unmatched.Select(name => Suggestion.Text(name, names)).FirstOrDefault(static hint => hint.Length > 0));
        }
    }
}
