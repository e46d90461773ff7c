namespace Bld.Builder.Context;

/// <summary>Tells sources that lie elsewhere from paths.</summary>
internal static class RemoteSource
{
    /// <summary>Whether a source lies elsewhere.</summary>
    public static bool IsRemote(string text) => IsUrl(text) || IsGit(text);

    /// <summary>An <c>http</c> or <c>https</c> URL.</summary>
    public static bool IsUrl(string text) => text.StartsWith("http://") || text.StartsWith("https://");

    /// <summary>A git repository: a URL whose path ends in <c>.git</c>, <c>git://</c>, <c>ssh://</c> or <c>user@host:path</c>.</summary>
    public static bool IsGit(string text)
    {
        if (text.StartsWith("git://") || text.StartsWith("ssh://") || IsShortForm(text))
        {
            return true;
        }

        if (!IsUrl(text))
        {
            return false;
        }

        var end = text.AsSpan().IndexOfAny('?', '#');
        return (end < 0 ? text : text[..end]).EndsWith(".git");
    }

    /// <summary><c>user@host:path</c>, as scp has it.</summary>
    private static bool IsShortForm(string text)
    {
        var at = text.IndexOf('@');
        var colon = text.IndexOf(':');
        return at > 0 && colon > at + 1 && IsName(text.AsSpan(0, at)) && IsName(text.AsSpan((at + 1)..colon));
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-' or '_'))
            {
                return false;
            }
        }

        return text.Length > 0 && text[0] != '-';
    }
}
