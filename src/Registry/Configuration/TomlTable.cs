namespace Bld.Registry.Configuration;

/// <summary>
/// A table of a TOML document. Values are <see cref="string"/> (dates too), <see cref="long"/>, <see cref="double"/>,
/// <see cref="bool"/>, <see cref="TomlTable"/> and lists of these.
/// </summary>
public sealed class TomlTable
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>Its keys, in the order of the document.</summary>
    public IReadOnlyList<string> Keys => _order;

    /// <summary>A value; null when there is none.</summary>
    public object? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>A text; null when there is none, or something else.</summary>
    public string? Text(string key) => this[key] as string;

    /// <summary>A truth; null when there is none, or something else.</summary>
    public bool? Boolean(string key) => this[key] as bool?;

    /// <summary>A whole number; null when there is none, or something else.</summary>
    public long? Number(string key) => this[key] as long?;

    /// <summary>A list of texts; null when there is none.</summary>
    public IReadOnlyList<string>? Texts(string key) => this[key] is IReadOnlyList<object> list ? [.. list.OfType<string>()] : null;

    /// <summary>A table in this one; an empty one when there is none.</summary>
    public TomlTable Table(string key) => this[key] as TomlTable ?? new TomlTable();

    /// <summary>An array of tables; empty when there is none.</summary>
    public IReadOnlyList<TomlTable> Tables(string key) => this[key] is IReadOnlyList<object> list ? [.. list.OfType<TomlTable>()] : [];

    /// <summary>Takes over what another table says: its values win, tables are merged.</summary>
    public void Merge(TomlTable other)
    {
        foreach (var key in other._order)
        {
            if (other._values[key] is TomlTable theirs && this[key] is TomlTable ours)
            {
                ours.Merge(theirs);
            }
            else
            {
                Set(key, other._values[key]);
            }
        }
    }

    internal void Set(string key, object value)
    {
        if (!_values.ContainsKey(key))
        {
            _order.Add(key);
        }

        _values[key] = value;
    }
}
