using Bld.Dockerfile;

namespace Bld.Builder.Cli.Flags;

/// <summary>What the words of a command line gave: flags with their values, and arguments.</summary>
internal sealed class ParsedFlags
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    /// <summary>The words that are no flags.</summary>
    public List<string> Arguments { get; } = [];

    /// <summary>The words themselves, without the command's name.</summary>
    public IReadOnlyList<string> Words { get; set; } = [];

    /// <summary>Whether a flag was given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A text flag's last value; null when it wasn't given.</summary>
    public string? Text(string name) => _values.TryGetValue(name, out var values) ? values[^1] : null;

    /// <summary>All values of a flag, in order.</summary>
    public IReadOnlyList<string> List(string name) => _values.TryGetValue(name, out var values) ? values : [];

    /// <summary>
    /// All values of a flag that takes <c>name=value</c>: one word may give several with commas between. A comma that no other name follows
    /// belongs to the value.
    /// </summary>
    public IReadOnlyList<string> Pairs(string name) =>
        [.. List(name).SelectMany(static text => text.Split(',') is var parts && Array.TrueForAll(parts, static part => part.IndexOf('=') > 0) ? parts : [text])];

    /// <summary>A boolean flag.</summary>
    /// <exception cref="UsageException">Its value is none.</exception>
    public bool Boolean(string name, bool otherwise = false) => Text(name) is { } text ? ParseBoolean(name, text) : otherwise;

    /// <summary>A whole number.</summary>
    /// <exception cref="UsageException">The value is none.</exception>
    public long? Number(string name) =>
        Text(name) is not { } text ? null
        : long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, null, out var number) ? number
        : throw new UsageException($"invalid argument \"{text}\" for \"--{name}\" flag: it must be a whole number");

    /// <summary>A whole number with bounds.</summary>
    /// <exception cref="UsageException">The value is none, or beyond them.</exception>
    public long? Number(string name, long smallest, long largest = long.MaxValue) => Number(name) switch
    {
        { } number when number < smallest => throw new UsageException($"invalid argument \"{number}\" for \"--{name}\" flag: it must not be below {smallest}"),
        { } number when number > largest => throw new UsageException($"invalid argument \"{number}\" for \"--{name}\" flag: it must not be above {largest}"),
        var number => number,
    };

    /// <summary>A number of bytes, which may have a unit; null when the flag isn't there.</summary>
    /// <param name="name">The flag.</param>
    /// <param name="complaint">What an error begins with.</param>
    /// <exception cref="UsageException">The value is none.</exception>
    public long? Size(string name, string complaint)
    {
        try
        {
            return Text(name) is { } text ? ByteSize.Parse(text) : null;
        }
        catch (DockerfileException exception)
        {
            throw new UsageException($"{complaint}: {exception.Message}");
        }
    }

    /// <summary>Forgets empty values, as if those flags had not been given: what a script's unset variable leaves behind a flag asks for nothing.</summary>
    /// <param name="flags">The flags that it is so for; boolean ones are left.</param>
    public void DropEmpty(IEnumerable<Flag> flags)
    {
        foreach (var flag in flags)
        {
            if (flag.Kind == FlagKind.Boolean || !_values.TryGetValue(flag.Name, out var values))
            {
                continue;
            }

            if (flag.Kind == FlagKind.List)
            {
                values.RemoveAll(static value => value.Length == 0);
            }

            if (values is [] or [.., ""])
            {
                _values.Remove(flag.Name);
            }
        }
    }

    internal void Add(string name, string value)
    {
        if (!_values.TryGetValue(name, out var values))
        {
            _values.Add(name, values = []);
        }

        values.Add(value);
    }

    /// <summary>What Go's strconv.ParseBool makes of a text; null when it is none of its words.</summary>
    public static bool? Truth(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };

    private static bool ParseBoolean(string name, string text) =>
        Truth(text) ?? throw new UsageException($"invalid argument \"{text}\" for \"--{name}\" flag: it must be true or false");
}
