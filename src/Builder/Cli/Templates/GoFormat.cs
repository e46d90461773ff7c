using System.Globalization;
using System.Text;

using Bld.Dockerfile;

namespace Bld.Builder.Cli.Templates;

/// <summary>Values as text, as Go's fmt package prints them.</summary>
internal static class GoFormat
{
    /// <summary>What <c>%v</c> makes of a value, and so what <c>{{.}}</c> prints.</summary>
    public static string Value(object? value) => value is GoMissing ? "<no value>" : Verb(value, 'v', plus: false);

    /// <summary>What <c>fmt.Sprint</c> makes of several: a space between two that are both no text.</summary>
    public static string Print(IReadOnlyList<object?> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0 && values[i] is not string && values[i - 1] is not string)
            {
                text.Append(' ');
            }

            text.Append(Verb(values[i], 'v', plus: false));
        }

        return text.ToString();
    }

    /// <summary>What a verb makes of a value; a list's or a map's parts are formatted one by one.</summary>
    internal static string Verb(object? value, char verb, bool plus, int? precision = null) => value switch
    {
        GoList list => $"[{string.Join(' ', list.Items.Select(item => Verb(item, verb, plus, precision)))}]",
        GoMap map => $"map[{string.Join(' ', map.Entries.Select(entry => $"{Verb(entry.Key, verb, plus, precision)}:{Verb(entry.Value, verb, plus, precision)}"))}]",
        GoStruct structure => Struct(structure, verb, plus, precision),
        null or GoMissing when verb == 'v' => "<nil>",
        null or GoMissing => $"%!{verb}(<nil>)",
        bool truth => verb is 'v' or 't' ? truth ? "true" : "false" : Bad(verb, "bool", truth ? "true" : "false"),
        long number => Integer(number, verb, plus),
        double number => Real(number, verb, precision),
        GoSpan span when verb is 'd' or 'x' => Integer(span.Nanoseconds, verb, plus),
        string text => Text(text, verb, precision),
        _ => Text(value.ToString() ?? "", verb, precision),
    };

    private static string Struct(GoStruct structure, char verb, bool plus, int? precision) =>
        $"{{{string.Join(' ', structure.Fields.Select(field => (plus ? field.Name + ":" : "") + Verb(field.Value, verb, plus, precision)))}}}";

    private static string Text(string text, char verb, int? precision)
    {
        text = precision is { } limit && limit < text.Length ? text[..limit] : text;
        return verb switch
        {
            'v' or 's' => text,
            'q' => GoText.Quote(text),
            'x' => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
            'X' => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
            _ => Bad(verb, "string", text),
        };
    }

    private static string Integer(long number, char verb, bool plus) => verb switch
    {
        'v' or 'd' => (plus && number >= 0 ? "+" : "") + number.ToString(CultureInfo.InvariantCulture),
        'x' => (number < 0 ? "-" : "") + Math.Abs(number).ToString("x", CultureInfo.InvariantCulture),
        'X' => (number < 0 ? "-" : "") + Math.Abs(number).ToString("X", CultureInfo.InvariantCulture),
        'o' => (number < 0 ? "-" : "") + Convert.ToString(Math.Abs(number), 8),
        'b' => (number < 0 ? "-" : "") + Convert.ToString(Math.Abs(number), 2),
        'c' => Rune.IsValid((int)number) ? new Rune((int)number).ToString() : "\uFFFD",
        'q' => $"'{(Rune.IsValid((int)number) ? new Rune((int)number).ToString() : "\uFFFD")}'",
        _ => Bad(verb, "int", number.ToString(CultureInfo.InvariantCulture)),
    };

    private static string Real(double number, char verb, int? precision) => verb switch
    {
        'v' or 'g' => General(number),
        'f' => number.ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture),
        _ => Bad(verb, "float64", General(number)),
    };

    // The shortest digits that read back; an exponent from 21 digits on, as Go's %v has it.
    private static string General(double number)
    {
        const double LargestPlain = 1e21;
        const double SmallestPlain = 1e-4;
        var size = Math.Abs(number);
        return size is 0 or (>= SmallestPlain and < LargestPlain)
            ? number.ToString("0.#################", CultureInfo.InvariantCulture)
            : number.ToString("0.################e+00", CultureInfo.InvariantCulture);
    }

    private static string Bad(char verb, string type, string shown) => $"%!{verb}({type}={shown})";
}
