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
    // Half a character: no text has it alone, and its low byte is the byte that it stands for.
    private const char FirstEscape = '\uDC80';
    private const char LastEscape = '\uDCFF';

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

    /// <summary>The UTF-8 bytes of <paramref name="text"/>, and those bytes that <see cref="ToPath"/> found to be none.</summary>
    public static ByteString From(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange(FirstEscape, LastEscape) < 0)
        {
            return new ByteString(Encoding.UTF8.GetBytes(text));
        }

        var bytes = new List<byte>(text.Length);
        Span<byte> encoded = stackalloc byte[4];
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var isWhole = Rune.DecodeFromUtf16(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (!isWhole && rest[0] is >= FirstEscape and <= LastEscape)
            {
                bytes.Add((byte)rest[0]);
            }
            else
            {
                bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            }

            rest = rest[length..];
        }

        return new ByteString(bytes.ToArray());
    }

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

    /// <summary>
    /// The text to match patterns with, from which <see cref="From"/> makes the same bytes again: a byte that is not UTF-8 becomes half a
    /// character, U+DC00 and its value.
    /// </summary>
    public string ToPath()
    {
        if (System.Text.Unicode.Utf8.IsValid(Span))
        {
            return Encoding.UTF8.GetString(Span);
        }

        var text = new StringBuilder();
        var rest = Span;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
                rest = rest[length..];
                continue;
            }

            text.Append((char)(0xDC00 + rest[0]));
            rest = rest[1..];
        }

        return text.ToString();
    }

    /// <summary>The text to show: UTF-8, with a replacement character for what is not.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);

    public static bool operator <(ByteString left, ByteString right) => left.CompareTo(right) < 0;

    public static bool operator >(ByteString left, ByteString right) => left.CompareTo(right) > 0;

    public static bool operator <=(ByteString left, ByteString right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ByteString left, ByteString right) => left.CompareTo(right) >= 0;
}
