using System.Buffers.Binary;
using System.Text.Json;

namespace Bld.Builder.Layers.Chunked;

/// <summary>
/// All bytes of a tarball that are no file's content, and where files' contents go between them: a line of JSON each, as the program
/// tar-split writes them. With it and the files somebody gets the very tarball again.
/// </summary>
internal sealed class TarSplit(int level) : IDisposable
{
    private readonly MemoryStream _line = new();
    private int _position;

    /// <summary>The lines.</summary>
    public CompressedDocument Document { get; } = new(level);

    /// <summary>Adds headers and padding.</summary>
    public void AddBytes(ReadOnlySpan<byte> bytes)
    {
        using var json = Begin(2);
        json.WriteBase64String("payload"u8, bytes);
        End(json);
    }

    /// <summary>Adds a file, or another entry without content, after its header.</summary>
    /// <param name="name">Its name, as the header has it.</param>
    /// <param name="size">Length of its content.</param>
    /// <param name="sum">The content's <see cref="Crc64"/>.</param>
    public void AddFile(ReadOnlySpan<byte> name, long size, ulong sum)
    {
        using var json = Begin(1);
        json.WriteString("name"u8, name);
        if (size == 0)
        {
            json.WriteNull("payload"u8);
        }
        else
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, sum);
            json.WriteNumber("size"u8, size);
            json.WriteBase64String("payload"u8, bytes);
        }

        End(json);
    }

    public void Dispose() => Document.Dispose();

    private Utf8JsonWriter Begin(int type)
    {
        _line.SetLength(0);
        var json = new Utf8JsonWriter(_line, TableOfContents.Json);
        json.WriteStartObject();
        json.WriteNumber("type"u8, type);
        return json;
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteNumber("position"u8, _position++);
        json.WriteEndObject();
        json.Flush();
        _line.WriteByte((byte)'\n');
        Document.Write(_line.GetBuffer().AsSpan(0, (int)_line.Length));
    }
}
