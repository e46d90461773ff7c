using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary>Reads flags' values of the form <c>name=value</c>.</summary>
internal static class NamedValues
{
    /// <summary>Pairs; a name alone has an empty value.</summary>
    public static List<KeyValuePair<string, string>> Pairs(IReadOnlyList<string> texts) =>
        [.. texts.Select(static text => Split(text) is var (name, value) ? KeyValuePair.Create(name, value ?? "") : default)];

    /// <summary>Pairs; a name alone has the value that the caller's environment has, and is left out when it has none.</summary>
    public static List<KeyValuePair<string, string>> OrCaller(IEnumerable<string> texts)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var text in texts)
        {
            var (name, value) = Split(text);
            if ((value ?? Environment.GetEnvironmentVariable(name)) is { } known)
            {
                pairs.Add(KeyValuePair.Create(name, known));
            }
        }

        return pairs;
    }

    /// <summary>The lines of a file of pairs: blank ones and those that begin with <c>#</c> say nothing.</summary>
    /// <exception cref="BuildException">The file can't be read.</exception>
    public static IEnumerable<string> Lines(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var why = exception is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : exception.Message;
            throw new BuildException($"cannot read the build arguments: open {path}: {why}", exception);
        }

        return lines.Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#');
    }

    private static (string Name, string? Value) Split(string text)
    {
        var equals = text.IndexOf('=');
        return equals < 0 ? (text, null) : (text[..equals], text[(equals + 1)..]);
    }
}
