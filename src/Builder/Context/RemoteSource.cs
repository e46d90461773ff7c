namespace Bld.Builder.Context;

/// <summary>Tells sources that lie elsewhere from paths.</summary>
internal static class RemoteSource
{
    /// <summary>An <c>http</c> or <c>https</c> URL.</summary>
    public static bool IsUrl(string text) => text.StartsWith("http://") || text.StartsWith("https://");

    /// <summary>A git repository: a URL whose path ends in <c>.git</c>, <c>git://</c>, <c>ssh://</c> or <c>git@host:path</c>.</summary>
    public static bool IsGit(string text)
    {
        if (text.StartsWith("git://") || text.StartsWith("ssh://") || text.StartsWith("git@"))
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
}
