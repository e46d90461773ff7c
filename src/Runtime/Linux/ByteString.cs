using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Bld.Runtime.Linux;

/// <summary>
/// An immutable sequence of bytes that stands for a file name, a path or an xattr's name inside a rootfs.
/// The kernel gives them no encoding, so they are never decoded except to be shown (<see cref="ToString"/>).
/// Ordered byte by byte; the default value is the empty string.
/// </summary>
public readonly struct ByteString : IEquatable<ByteString>, IComparable<ByteString>
{
    private readonly byte[]? _bytes;

    /// <summary>Copies <paramref name="bytes"/>.</summary>
    public ByteString(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    private ByteString(byte[] bytes) => _bytes = bytes;

    /// <summary>The empty string.</summary>
    public static ByteString Empty => default;

    /// <summary>The bytes themselves.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Number of bytes.</summary>
    public int Length => _bytes?.Length ?? 0;

    /// <summary>Whether there is no byte at all.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The UTF-8 bytes of <paramref name="text"/>.</summary>
    public static ByteString From(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Takes ownership of <paramref name="bytes"/>, which the caller must not change any more.</summary>
    public static ByteString Adopt(byte[] bytes) => new(bytes);

    /// <summary><paramref name="parent"/> and <paramref name="name"/> with a slash between; the name alone below the root (empty parent).</summary>
    public static ByteString Join(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        if (parent.IsEmpty)
        {
            return new ByteString(name);
        }

        var joined = new byte[parent.Length + 1 + name.Length];
        parent.CopyTo(joined);
        joined[parent.Length] = (byte)'/';
        name.CopyTo(joined.AsSpan(parent.Length + 1));
        return new ByteString(joined);
    }

    /// <summary>What follows the last slash.</summary>
    public ReadOnlySpan<byte> FileName => Span[(Span.LastIndexOf((byte)'/') + 1)..];

    /// <summary>What stands before the last slash; empty when there is none.</summary>
    public ReadOnlySpan<byte> DirectoryName => Span.LastIndexOf((byte)'/') is var slash and >= 0 ? Span[..slash] : default;

    /// <summary>Whether this, taken for a path, is a directory's own or that of something in it, as both stand.</summary>
    public bool IsAtOrBelow(ByteString directory) =>
        Span.StartsWith(directory.Span) && (Length == directory.Length || Span[directory.Length] == (byte)'/');

    /// <inheritdoc/>
    public bool Equals(ByteString other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ByteString other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public int CompareTo(ByteString other) => Span.SequenceCompareTo(other.Span);

    /// <summary>The text to show: UTF-8, with a replacement character for what is not.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);

    public static bool operator <(ByteString left, ByteString right) => left.CompareTo(right) < 0;

    public static bool operator >(ByteString left, ByteString right) => left.CompareTo(right) > 0;

    public static bool operator <=(ByteString left, ByteString right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ByteString left, ByteString right) => left.CompareTo(right) >= 0;
}
