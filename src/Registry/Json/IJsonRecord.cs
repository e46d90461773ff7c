using System.Text.Json;

namespace Bld.Json;

/// <summary>Something that is an object in JSON.</summary>
internal interface IJsonWritable
{
    /// <summary>Writes its members, without the braces around them.</summary>
    void Write(Utf8JsonWriter json);
}

/// <summary>
/// Something that can be read from the object that it writes. Members are said by hand, once for each way: a serializer with its
/// converters costs every command milliseconds before its first byte (docs/decisions/0044).
/// </summary>
internal interface IJsonRecord<TSelf> : IJsonWritable
    where TSelf : class, IJsonRecord<TSelf>
{
    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">A member is missing or is of a wrong kind.</exception>
    static abstract TSelf Read(JsonMembers json);
}
