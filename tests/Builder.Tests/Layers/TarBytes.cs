using System.Text;

using Bld.Builder.Layers;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Layers;

/// <summary>Tarballs made in memory for tests.</summary>
internal static class TarBytes
{
    internal static byte[] Of(params IEnumerable<(TarEntry Entry, byte[] Content)> entries)
    {
        var stream = new MemoryStream();
        using var sink = new LayerSink(stream, CancellationToken.None);
        var writer = new TarWriter(sink);
        foreach (var (entry, content) in entries)
        {
            writer.WriteHeader(entry);
            sink.Write(content);
            writer.Pad(content.Length);
        }

        writer.End();
        sink.Finish();
        return stream.ToArray();
    }

    internal static (TarEntry Entry, byte[] Content) File(string name, string content = "", uint mode = 0x1A4) =>
        (new TarEntry { Kind = TarKind.File, Name = ByteString.From(name), Mode = mode, Size = content.Length }, Encoding.ASCII.GetBytes(content));

    internal static (TarEntry Entry, byte[] Content) Folder(string name, uint mode = 0x1ED) =>
        (new TarEntry { Kind = TarKind.Directory, Name = ByteString.From(name), Mode = mode }, []);

    internal static (TarEntry Entry, byte[] Content) Link(string name, string target) =>
        (new TarEntry { Kind = TarKind.SymbolicLink, Name = ByteString.From(name), LinkName = ByteString.From(target), Mode = 0x1FF }, []);

    internal static (TarEntry Entry, byte[] Content) HardLink(string name, string target) =>
        (new TarEntry { Kind = TarKind.HardLink, Name = ByteString.From(name), LinkName = ByteString.From(target) }, []);

    internal static List<(TarEntry Entry, byte[] Content)> Read(byte[] tar) => Read(new MemoryStream(tar));

    internal static List<(TarEntry Entry, byte[] Content)> Read(Stream tar)
    {
        using var reader = new TarReader(tar);
        var entries = new List<(TarEntry Entry, byte[] Content)>();
        while (reader.Next() is { } entry)
        {
            var content = new byte[entry.Size];
            while (reader.TryReadContent(out var offset, out var piece))
            {
                piece.CopyTo(content.AsSpan((int)offset));
            }

            entries.Add((entry, content));
        }

        return entries;
    }
}
