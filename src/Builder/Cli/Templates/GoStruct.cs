namespace Bld.Builder.Cli.Templates;

/// <summary>One field of a struct.</summary>
/// <param name="Name">The name that templates use.</param>
/// <param name="Json">The name in JSON; null when it isn't there.</param>
/// <param name="Value">Its value.</param>
/// <param name="OmitEmpty">Whether JSON leaves it out when it is empty.</param>
internal sealed record GoField(string Name, string? Json, object? Value, bool OmitEmpty);

/// <summary>A struct: fields in the order of their declaration. Unlike a map's, a name that it lacks is an error.</summary>
/// <param name="type">Its Go type, for messages.</param>
internal sealed class GoStruct(string type)
{
    private readonly List<GoField> _fields = [];

    /// <summary>Its Go type, as Go's messages name it.</summary>
    public string Type { get; } = type;

    public IReadOnlyList<GoField> Fields => _fields;

    /// <summary>The structs whose fields are this one's too.</summary>
    public IEnumerable<GoStruct> Embedded => _fields.Where(static each => each.Json is { Length: 0 }).Select(static each => each.Value).OfType<GoStruct>();

    /// <summary>Adds a field whose name in JSON is its own.</summary>
    public GoStruct Add(string name, object? value) => Add(name, name, value);

    /// <summary>Adds a field.</summary>
    /// <param name="name">The name that templates use.</param>
    /// <param name="json">The name in JSON: null for none, empty for an embedded struct, whose fields JSON shows as this one's.</param>
    /// <param name="value">Its value.</param>
    /// <param name="omitEmpty">Whether JSON leaves it out when it is empty.</param>
    public GoStruct Add(string name, string? json, object? value, bool omitEmpty = false)
    {
        _fields.Add(new GoField(name, json, value, omitEmpty));
        return this;
    }

    /// <summary>A field's value; false when there is none of that name.</summary>
    public bool TryGet(string name, out object? value)
    {
        foreach (var field in _fields)
        {
            if (field.Name == name)
            {
                value = field.Value;
                return true;
            }
        }

        foreach (var embedded in Embedded)
        {
            if (embedded.TryGet(name, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }
}
