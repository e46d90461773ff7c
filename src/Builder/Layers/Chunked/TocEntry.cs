using System.Text.Json;
using System.Text.Unicode;

using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Layers.Chunked;

/// <summary>A piece of a file that is a frame of its own.</summary>
internal sealed class TocChunk(long offset, int size, Digest digest)
{
    /// <summary>Where it is in its file.</summary>
    public long Offset => offset;

    public int Size => size;

    public Digest Digest => digest;

    /// <summary>Where its frame begins and ends in the layer; 0 until it is written.</summary>
    public (long Start, long End) Frame { get; set; }
}

/// <summary>What the table of contents says about an entry of the tarball.</summary>
internal sealed class TocEntry
{
    // Year 9999: what JSON's times can say.
    private const long LatestTime = 253402300799;
    private readonly TarEntry _entry;
    private readonly long _mode;

    private TocEntry(TarEntry entry, long mode) => (_entry, _mode) = (entry, mode);

    public ReadOnlySpan<byte> Name => _entry.Name.Span;

    public long Size => _entry.Size;

    /// <summary>The digest of a file's content; null while it is not known, and of what has none.</summary>
    public Digest? Digest { get; set; }

    public List<TocChunk> Chunks { get; } = [];

    /// <summary>Whether all is known about it.</summary>
    public bool IsWhole => Size == 0 || (Digest is not null && Chunks[^1].Frame.End > 0);

    /// <summary>
    /// Reads an entry's headers. Null for what the table can't say in the way that other programs read the same headers; they would refuse the
    /// whole layer.
    /// </summary>
    public static TocEntry? Read(ReadOnlySpan<byte> headers)
    {
        var header = headers[^TarFormat.BlockSize..];
        if (header[TarFormat.Kind] is not (0 or >= (byte)'0' and <= (byte)'6') || headers.IndexOf(" atime="u8) >= 0 || headers.IndexOf(" ctime="u8) >= 0)
        {
            return null;
        }

        try
        {
            using var reader = new TarReader(new MemoryStream(headers.ToArray()));
            return reader.Next() is { } entry && TarFormat.TryReadNumber(header[TarFormat.Mode], out var mode) && CanBeTold(entry, header)
                ? new TocEntry(entry, mode)
                : null;
        }
        catch (BuildException)
        {
            return null;
        }
    }

    /// <summary>Writes it, and what chunks it has.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, TypeOf(_entry.Kind));
        json.WriteString("name"u8, Name);
        WriteMetadata(json);
        if (Chunks is [var first, ..])
        {
            json.WriteString("digest"u8, Digest.ToString());
            json.WriteNumber("offset"u8, first.Frame.Start);
            json.WriteNumber("endOffset"u8, Chunks[^1].Frame.End);
            if (Chunks.Count > 1)
            {
                WriteChunk(json, first);
            }
        }

        json.WriteEndObject();
        foreach (var chunk in Chunks.Skip(1))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "chunk"u8);
            json.WriteString("name"u8, Name);
            json.WriteNumber("offset"u8, chunk.Frame.Start);
            json.WriteNumber("chunkOffset"u8, chunk.Offset);
            WriteChunk(json, chunk);
            json.WriteEndObject();
        }
    }

    private static bool CanBeTold(TarEntry entry, ReadOnlySpan<byte> header) =>
        entry.Extents is null
            && (entry.Kind == TarKind.File || (TarFormat.TryReadNumber(header[TarFormat.Size], out var size) && size == 0))
            && entry.ModifiedAt.Seconds is >= 0 and <= LatestTime
            && Utf8.IsValid(entry.Name.Span) && Utf8.IsValid(entry.LinkName.Span)
            && entry.Attributes.All(static attribute => Utf8.IsValid(attribute.Name.Span));

    private static ReadOnlySpan<byte> TypeOf(TarKind kind) => kind switch
    {
        TarKind.File => "reg"u8,
        TarKind.HardLink => "hardlink"u8,
        TarKind.SymbolicLink => "symlink"u8,
        TarKind.CharacterDevice => "char"u8,
        TarKind.BlockDevice => "block"u8,
        TarKind.Directory => "dir"u8,
        _ => "fifo"u8,
    };

    private static void WriteChunk(Utf8JsonWriter json, TocChunk chunk)
    {
        json.WriteNumber("chunkSize"u8, chunk.Size);
        json.WriteString("chunkDigest"u8, chunk.Digest.ToString());
    }

    private static void WriteUnlessZero(Utf8JsonWriter json, ReadOnlySpan<byte> name, long number)
    {
        if (number != 0)
        {
            json.WriteNumber(name, number);
        }
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        if (!_entry.LinkName.IsEmpty)
        {
            json.WriteString("linkName"u8, _entry.LinkName.Span);
        }

        WriteUnlessZero(json, "mode"u8, _mode);
        WriteUnlessZero(json, "size"u8, Size);
        WriteUnlessZero(json, "uid"u8, _entry.UserId);
        WriteUnlessZero(json, "gid"u8, _entry.GroupId);
        json.WriteString("modtime"u8, Time());
        WriteUnlessZero(json, "devMajor"u8, _entry.Device.Major);
        WriteUnlessZero(json, "devMinor"u8, _entry.Device.Minor);
        if (_entry.Attributes.Count > 0)
        {
            json.WriteStartObject("xattrs"u8);
            foreach (var attribute in _entry.Attributes)
            {
                json.WriteBase64String(attribute.Name.Span, attribute.Value.Span);
            }

            json.WriteEndObject();
        }
    }

    private string Time()
    {
        var seconds = DateTime.UnixEpoch.AddSeconds(_entry.ModifiedAt.Seconds).ToString("yyyy-MM-dd'T'HH:mm:ss");
        return _entry.ModifiedAt.Nanoseconds == 0 ? seconds + "Z" : $"{seconds}.{_entry.ModifiedAt.Nanoseconds:D9}Z";
    }
}
