namespace Bld.Dockerfile;

/// <summary>The directives at the top of a file: <c># syntax=</c>, <c># escape=</c>, <c># check=</c>.</summary>
/// <param name="Syntax">The front end that the file asks for; this program is the front end, so it is only kept.</param>
/// <param name="Escape">The escape character: a backslash or a backtick.</param>
/// <param name="Check">What the build checks are told; null when there is no such directive.</param>
/// <param name="Lines">How many lines of the file they take.</param>
public sealed record ParserDirectives(string? Syntax, char Escape, string? Check, int Lines)
{
    /// <summary>Reads them. They end at the first line that is none: a blank line, an ordinary comment, an instruction.</summary>
    internal static ParserDirectives Read(SourceText source, List<Diagnostic> diagnostics)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var line = 0;
        for (; line < source.Lines.Count && Split(source.Lines[line]) is var (name, value); line++)
        {
            var span = SourceSpan.OfLines(line + 1, line + 1);
            if (!found.TryAdd(name, value))
            {
                diagnostics.Add(new Diagnostic($"only one {name} parser directive can be used", span));
            }
            else if (name == "escape" && value is not ("\\" or "`"))
            {
                diagnostics.Add(new Diagnostic($"invalid escape token '{value}' does not match ` or \\", span));
            }
        }

        var escape = found.GetValueOrDefault("escape") == "`" ? '`' : '\\';
        return new ParserDirectives(found.GetValueOrDefault("syntax"), escape, found.GetValueOrDefault("check"), line);
    }

    private static (string Name, string Value)? Split(string line)
    {
        var text = line.AsSpan().Trim();
        if (text.IsEmpty || text[0] != '#' || text.IndexOf('=') is not (var equals and > 0))
        {
            return null;
        }

        var value = text[(equals + 1)..].Trim().ToString();
        var name = text[1..equals].Trim().ToString().ToLowerInvariant();
        return value.Length > 0 && name is ("syntax" or "escape" or "check") ? (name, value) : null;
    }
}
