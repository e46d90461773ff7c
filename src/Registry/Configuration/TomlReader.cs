using System.Globalization;

namespace Bld.Registry.Configuration;

/// <summary>Reads TOML 1.0, the format of registries.conf, containers.conf and storage.conf.</summary>
public sealed class TomlReader
{
    private readonly string _file;
    private readonly TomlScanner _scanner;

    private TomlReader(string text, string file)
    {
        _file = file;
        _scanner = new TomlScanner(text, file);
    }

    /// <summary>The document's top table.</summary>
    /// <param name="text">The document.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="RegistryException">It is no TOML; the message has file and line.</exception>
    public static TomlTable Parse(string text, string file) => new TomlReader(text, file).Read();

    private TomlTable Read()
    {
        var root = new TomlTable();
        var current = root;
        for (_scanner.SkipToContent(); !_scanner.IsAtEnd; _scanner.SkipToContent())
        {
            if (_scanner.Take("[["))
            {
                current = OpenElement(root, _scanner.ReadKey());
                _scanner.Expect("]]");
            }
            else if (_scanner.Take("["))
            {
                current = Open(root, _scanner.ReadKey());
                _scanner.Expect("]");
            }
            else
            {
                ReadPair(current);
            }

            _scanner.ExpectLineEnd();
        }

        return root;
    }

    private void ReadPair(TomlTable table)
    {
        var key = _scanner.ReadKey();
        _scanner.Expect("=");
        var owner = Open(table, key.AsSpan(..^1));
        if (owner[key[^1]] is not null)
        {
            throw _scanner.Error($"the key {string.Join('.', key)} is there twice");
        }

        owner.Set(key[^1], ReadValue());
    }

    private TomlTable Open(TomlTable table, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            switch (table[name])
            {
                case null:
                    var made = new TomlTable();
                    table.Set(name, made);
                    table = made;
                    break;
                case TomlTable known:
                    table = known;
                    break;
                case List<object> list when list is [.., TomlTable last]:
                    table = last;
                    break;
                default:
                    throw _scanner.Error($"{name} is a value and no table");
            }
        }

        return table;
    }

    private TomlTable OpenElement(TomlTable root, string[] path)
    {
        var owner = Open(root, path.AsSpan(..^1));
        if (owner[path[^1]] is not List<object> list)
        {
            list = owner[path[^1]] is null ? [] : throw _scanner.Error($"{path[^1]} is no array of tables");
            owner.Set(path[^1], list);
        }

        var element = new TomlTable();
        list.Add(element);
        return element;
    }

    private object ReadValue()
    {
        if (_scanner.Take("["))
        {
            return ReadArray();
        }

        if (_scanner.Take("{"))
        {
            return ReadInline();
        }

        return _scanner.TryReadText() is { } text ? text : Plain(_scanner.ReadPlain());
    }

    private List<object> ReadArray()
    {
        var list = new List<object>();
        for (_scanner.SkipToContent(); !_scanner.Take("]"); _scanner.SkipToContent())
        {
            list.Add(ReadValue());
            _scanner.SkipToContent();
            if (!_scanner.Take(","))
            {
                _scanner.Expect("]");
                break;
            }
        }

        return list;
    }

    private TomlTable ReadInline()
    {
        var table = new TomlTable();
        for (_scanner.SkipToContent(); !_scanner.Take("}"); _scanner.SkipToContent())
        {
            ReadPair(table);
            _scanner.SkipToContent();
            if (!_scanner.Take(","))
            {
                _scanner.Expect("}");
                break;
            }
        }

        return table;
    }

    private object Plain(string word)
    {
        var digits = word.Replace("_", "", StringComparison.Ordinal);
        return word switch
        {
            "true" => true,
            "false" => false,
            _ when digits.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) => hex,
            _ when digits.StartsWith("0o", StringComparison.Ordinal) && Octal(digits.AsSpan(2)) is { } octal => octal,
            _ when long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
            _ when double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) => real,
            // Dates and times: nothing here computes with them.
            _ when word.Length >= "00:00:00".Length && char.IsAsciiDigit(word[0]) => word,
            _ => throw new RegistryException($"{_file}, line {_scanner.Line}: '{word}' is no value; texts need quotes"),
        };
    }

    private static long? Octal(ReadOnlySpan<char> digits)
    {
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return null;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return digits.IsEmpty ? null : value;
    }
}
