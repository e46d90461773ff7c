using System.Text;

namespace Bld.Builder.Cli.Templates;

/// <summary>Go's <c>printf</c>: flags, width, precision and the verbs that suit the values of templates.</summary>
internal static class GoPrintf
{
    /// <summary>The text that a format makes of values. Like Go's it never fails: what doesn't fit shows in the text.</summary>
    public static string Format(string format, IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            var directive = Read(format, ref i);
            if (directive.Verb == '%')
            {
                text.Append('%');
            }
            else if (directive.Verb == '\0')
            {
                text.Append("%!(NOVERB)");
            }
            else
            {
                text.Append(next < values.Count ? Apply(directive, values[next++]) : $"%!{directive.Verb}(MISSING)");
            }
        }

        return text.Append(Extra(values, next)).ToString();
    }

    private static Directive Read(string format, ref int at)
    {
        var flagsStart = at + 1;
        for (at++; at < format.Length && format[at] is '-' or '+' or '#' or '0' or ' '; at++)
        {
        }

        var flags = format[flagsStart..at];
        var width = Number(format, ref at);
        int? precision = null;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            precision = Number(format, ref at) ?? 0;
        }

        return new Directive(flags, width, precision, at < format.Length ? format[at] : '\0');
    }

    private static int? Number(string format, ref int at)
    {
        const int Most = 1_000_000;
        int? number = null;
        for (; at < format.Length && char.IsAsciiDigit(format[at]); at++)
        {
            number = Math.Min(Most, ((number ?? 0) * 10) + (format[at] - '0'));
        }

        return number;
    }

    private static string Apply(Directive directive, object? value)
    {
        // %#v is Go syntax; of it, texts in quotes is what people want.
        var verb = directive.Verb == 'v' && directive.Flags.Contains('#') && value is string ? 'q' : directive.Verb;
        var text = verb == 'T' ? TypeName(value) : GoFormat.Verb(value, verb, directive.Flags.Contains('+'), directive.Precision);
        var width = directive.Width ?? 0;
        if (directive.Flags.Contains('-'))
        {
            return text.PadRight(width);
        }

        var zeros = directive.Flags.Contains('0') && value is long or double;
        return zeros && text.StartsWith('-') ? "-" + text[1..].PadLeft(width - 1, '0') : text.PadLeft(width, zeros ? '0' : ' ');
    }

    private static string Extra(IReadOnlyList<object?> values, int from) =>
        from >= values.Count
            ? ""
            : $"%!(EXTRA {string.Join(", ", values.Skip(from).Select(static value => $"{TypeName(value)}={GoFormat.Value(value)}"))})";

    private static string TypeName(object? value) => value switch
    {
        null or GoMissing => "<nil>",
        bool => "bool",
        long => "int",
        double => "float64",
        string => "string",
        GoTime => "time.Time",
        GoSpan => "time.Duration",
        GoList list => list.Items.All(static item => item is string) ? "[]string" : "[]interface {}",
        GoMap map => map.Zero is string ? "map[string]string" : "map[string]interface {}",
        GoStruct structure => structure.Type,
        _ => "interface {}",
    };

    private readonly record struct Directive(string Flags, int? Width, int? Precision, char Verb);
}
