using System.Globalization;
using System.Net;

namespace Bld.Builder.Cli.Templates;

/// <summary>The functions of templates: Go's own, and those that container tools add.</summary>
internal static class TemplateFunctions
{
    private static readonly string[] Names =
    [
        "and", "eq", "ge", "gt", "html", "index", "join", "json", "js", "le", "len", "lower", "lt", "ne", "not", "or", "pad", "print", "printf",
        "println", "slice", "split", "title", "truncate", "upper", "urlquery",
    ];

    /// <summary>Whether there is a function of that name.</summary>
    public static bool Exists(string name) => Array.IndexOf(Names, name) >= 0;

    /// <summary>Calls a function.</summary>
    /// <exception cref="TemplateException">It can't take these arguments.</exception>
    public static object? Call(string name, IReadOnlyList<object?> arguments) => name switch
    {
        "and" => arguments.FirstOrDefault(static each => !GoValues.IsTrue(each), arguments[^1]),
        "or" => arguments.FirstOrDefault(GoValues.IsTrue, arguments[^1]),
        "not" => !GoValues.IsTrue(One(arguments)),
        "len" => Length(One(arguments)),
        "index" => arguments.Count > 0 ? arguments.Skip(1).Aggregate(arguments[0], Index) : throw Count(1, 0),
        "slice" => Slice(arguments),
        "print" => GoFormat.Print(arguments),
        "println" => string.Join(' ', arguments.Select(static each => GoFormat.Verb(each, 'v', plus: false))) + "\n",
        "printf" => arguments.Count > 0 ? GoPrintf.Format(Text(arguments, 0), [.. arguments.Skip(1)]) : throw Count(1, 0),
        "html" => WebUtility.HtmlEncode(GoFormat.Print(arguments)),
        "urlquery" => WebUtility.UrlEncode(GoFormat.Print(arguments)),
        "js" => GoFormat.Print(arguments).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal),
        "json" => GoJson.Write(One(arguments), indented: false),
        "join" => string.Join(Text(arguments, 1), Items(arguments[0]).Select(GoFormat.Value)),
        "split" => GoValues.Texts(Text(arguments, 0).Split(Text(arguments, 1))),
        "upper" => Text(arguments, 0).ToUpperInvariant(),
        "lower" => Text(arguments, 0).ToLowerInvariant(),
        "title" => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(Text(arguments, 0)),
        "pad" => Pad(arguments),
        "truncate" => Text(arguments, 0) is var text && Number(arguments, 1) is var limit && text.Length > limit ? text[..(int)Math.Max(0, limit)] : text,
        _ => Compare(name, arguments),
    };

    private static bool Compare(string name, IReadOnlyList<object?> arguments)
    {
        if (arguments.Count < 2)
        {
            throw Count(2, arguments.Count);
        }

        return name switch
        {
            "eq" => arguments.Skip(1).Any(other => AreEqual(arguments[0], other)),
            "ne" => !AreEqual(arguments[0], arguments[1]),
            "lt" => Order(arguments[0], arguments[1]) < 0,
            "le" => Order(arguments[0], arguments[1]) <= 0,
            "gt" => Order(arguments[0], arguments[1]) > 0,
            "ge" => Order(arguments[0], arguments[1]) >= 0,
            _ => throw new TemplateException($"function \"{name}\" not defined"),
        };
    }

    private static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null or GoMissing, null or GoMissing) => true,
        (null or GoMissing, _) or (_, null or GoMissing) => false,
        (GoList or GoMap or GoStruct, _) or (_, GoList or GoMap or GoStruct) => throw new TemplateException("incompatible types for comparison"),
        (long whole, double real) => whole == real,
        (double real, long whole) => whole == real,
        _ when left.GetType() != right.GetType() => throw new TemplateException("incompatible types for comparison"),
        _ => left.Equals(right),
    };

    private static int Order(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => a.CompareTo(b),
        (double a, double b) => a.CompareTo(b),
        (long a, double b) => ((double)a).CompareTo(b),
        (double a, long b) => a.CompareTo((double)b),
        (string a, string b) => string.CompareOrdinal(a, b),
        _ => throw new TemplateException("incompatible types for comparison"),
    };

    private static object? Index(object? value, object? key)
    {
        switch (value, key)
        {
            case (GoMap map, string name):
                return map.Entries.TryGetValue(name, out var entry) ? entry : map.Zero;
            case (GoList list, long at):
                return at >= 0 && at < list.Items.Count ? list.Items[(int)at] : throw new TemplateException($"index out of range: {at}");
            case (string text, long at):
                return at >= 0 && at < text.Length ? (long)text[(int)at] : throw new TemplateException($"index out of range: {at}");
            case (null or GoMissing, _):
                throw new TemplateException("index of untyped nil");
            case (GoMap or GoList or string, _):
                throw new TemplateException($"cannot index with {GoFormat.Value(key)}");
            default:
                throw new TemplateException($"can't index {GoFormat.Value(value)}");
        }
    }

    private static object Slice(IReadOnlyList<object?> arguments)
    {
        var length = Length(arguments.Count > 0 ? arguments[0] : throw Count(1, 0));
        var from = arguments.Count > 1 ? Number(arguments, 1) : 0;
        var to = arguments.Count > 2 ? Number(arguments, 2) : length;
        if (from < 0 || to > length || from > to)
        {
            throw new TemplateException($"index out of range: {(to > length ? to : from)}");
        }

        return arguments[0] switch
        {
            string text => text[(int)from..(int)to],
            GoList list => new GoList([.. list.Items.Skip((int)from).Take((int)(to - from))]),
            _ => throw new TemplateException("can't slice item"),
        };
    }

    private static string Pad(IReadOnlyList<object?> arguments)
    {
        var text = Text(arguments, 0);
        return text.Length == 0 ? text : new string(' ', (int)Math.Clamp(Number(arguments, 1), 0, 1000)) + text + new string(' ', (int)Math.Clamp(Number(arguments, 2), 0, 1000));
    }

    private static long Length(object? value) => value switch
    {
        string text => System.Text.Encoding.UTF8.GetByteCount(text),
        GoList list => list.Items.Count,
        GoMap map => map.Entries.Count,
        null or GoMissing => throw new TemplateException("len of nil pointer"),
        _ => throw new TemplateException($"len of {GoFormat.Value(value)}"),
    };

    private static IReadOnlyList<object?> Items(object? value) =>
        value is GoList list ? list.Items : throw new TemplateException($"{GoFormat.Value(value)} is no list");

    private static object? One(IReadOnlyList<object?> arguments) => arguments.Count == 1 ? arguments[0] : throw Count(1, arguments.Count);

    private static string Text(IReadOnlyList<object?> arguments, int at) =>
        at >= arguments.Count ? throw Count(at + 1, arguments.Count)
        : arguments[at] as string ?? throw new TemplateException($"wrong type for value; expected string; got {GoFormat.Value(arguments[at])}");

    private static long Number(IReadOnlyList<object?> arguments, int at) =>
        at >= arguments.Count ? throw Count(at + 1, arguments.Count)
        : arguments[at] is long number ? number
        : throw new TemplateException($"expected integer; found {GoFormat.Value(arguments[at])}");

    private static TemplateException Count(int wanted, int got) => new($"wrong number of args: want {wanted} got {got}");
}
