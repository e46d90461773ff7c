using System.Buffers.Binary;
using System.Text;

using Bld.Registry;

namespace Bld.Builder.Cache;

/// <summary>
/// Collects what a step's result depends on, part by part, and digests it. Parts have names so that a miss can be explained;
/// lengths are digested before the bytes, so two different lists of parts never look alike.
/// </summary>
internal sealed class CacheKeyBuilder
{
    private readonly List<CacheKeyPart> _parts = [];
    private readonly List<KeyValuePair<string, ReadOnlyMemory<byte>>> _details = [];

    /// <param name="kind">What sort of step it is; bumped when a step of this kind starts to mean something else.</param>
    /// <param name="parent">The key of the step before; absent for a base.</param>
    public CacheKeyBuilder(string kind, CacheKey? parent)
    {
        Add("kind", kind);
        if (parent is { } key)
        {
            Add("parent", key.Hex);
        }
    }

    /// <summary>What was added, in order.</summary>
    public IReadOnlyList<CacheKeyPart> Parts => _parts;

    /// <summary>What values that are digests were made of, by value; it is no part of the key.</summary>
    public IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Details => _details;

    /// <summary>Says what a value was made of, for who explains a miss.</summary>
    public CacheKeyBuilder Detail(string value, ReadOnlyMemory<byte> lines)
    {
        _details.Add(new(value, lines));
        return this;
    }

    /// <summary>Adds one part.</summary>
    public CacheKeyBuilder Add(string name, string value)
    {
        _parts.Add(new CacheKeyPart(name, value));
        return this;
    }

    /// <summary>Adds a part that may be absent; absence and emptiness differ.</summary>
    public CacheKeyBuilder AddOptional(string name, string? value) => value is null ? this : Add(name, value);

    /// <summary>Adds one part for each value; their number counts too.</summary>
    public CacheKeyBuilder AddEach(string name, IEnumerable<string> values)
    {
        var count = 0;
        foreach (var value in values)
        {
            Add(name, value);
            count++;
        }

        return Add(name, $"#{count}");
    }

    /// <summary>The digest of all parts.</summary>
    public CacheKey ToKey()
    {
        using var hash = new Sha256Hash();
        foreach (var part in _parts)
        {
            Append(hash, part.Name);
            Append(hash, part.Value);
        }

        return new CacheKey(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static void Append(Sha256Hash hash, string text)
    {
        Span<byte> length = stackalloc byte[4];
        var bytes = Encoding.UTF8.GetBytes(text);
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.Append(length);
        hash.Append(bytes);
    }
}

/// <summary>One thing that a step's result depends on: its name as shown to people, and its value or a digest of it.</summary>
internal sealed record CacheKeyPart(string Name, string Value);
