using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bld.Builder.Layers.Chunked;

/// <summary>The table of contents of a zstd:chunked layer: what entries its tarball has, and where in the layer their contents are.</summary>
internal sealed class TableOfContents(int level) : IDisposable
{
    /// <summary>Readers refuse a larger table.</summary>
    private const int LargestTable = 150 << 20;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Queue<TocEntry> _waiting = new();
    private readonly MemoryStream _text = new();
    private bool _any;

    /// <summary>Names as they are: nothing is escaped that needn't be.</summary>
    public static JsonWriterOptions Json { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The table.</summary>
    public CompressedDocument Document { get; } = new(level);

    /// <summary>Adds an entry. False when the table can't have it: there is one of this name, or there are too many.</summary>
    public bool TryAdd(TocEntry entry)
    {
        _waiting.Enqueue(entry);
        return _names.Add(System.Text.Encoding.UTF8.GetString(entry.Name).TrimEnd('/')) && Document.Length < LargestTable;
    }

    /// <summary>Writes the entries about which all is known. Entries stay in their order.</summary>
    public void WriteWhole()
    {
        while (_waiting.TryPeek(out var entry) && entry.IsWhole)
        {
            _text.SetLength(0);
            _text.Write(_any ? ","u8 : """{"version":1,"entries":["""u8);
            _any = true;
            using (var json = new Utf8JsonWriter(_text, Json))
            {
                entry.Write(json);
            }

            Document.Write(_text.GetBuffer().AsSpan(0, (int)_text.Length));
            _waiting.Dequeue();
        }
    }

    /// <summary>Ends the table.</summary>
    /// <param name="split">What belongs to it.</param>
    public void End(TarSplit split)
    {
        WriteWhole();
        Document.Write(_any ? "]"u8 : """{"version":1,"entries":[]"""u8);
        Document.Write(System.Text.Encoding.ASCII.GetBytes($",\"tarSplitDigest\":\"{split.Document.Digest}\"}}"));
        Document.End();
    }

    public void Dispose() => Document.Dispose();
}
