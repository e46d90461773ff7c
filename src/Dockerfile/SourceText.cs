namespace Bld.Dockerfile;

/// <summary>A Dockerfile's text with the name that errors show.</summary>
public sealed class SourceText
{
    private readonly string[] _lines;

    public SourceText(string text, string name)
    {
        Name = name;
        _lines = SplitLines(text.Length > 0 && text[0] == '\uFEFF' ? text[1..] : text);
    }

    /// <summary>The name that errors show, such as <c>Dockerfile</c>.</summary>
    public string Name { get; }

    /// <summary>The lines without their ends.</summary>
    public IReadOnlyList<string> Lines => _lines;

    private static string[] SplitLines(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var lines = text.Split('\n');
        var count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        for (var i = 0; i < count; i++)
        {
            if (lines[i].EndsWith('\r'))
            {
                lines[i] = lines[i][..^1];
            }
        }

        return lines[..count];
    }
}
