using System.Text;

using Bld.Builder.Layers;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.SourceImages;

/// <summary>The gzip-compressed tarball of a source.</summary>
internal static class SourceArchive
{
    /// <summary>Writes it: of a directory what is in it, of a file the file itself, and an archive as it is.</summary>
    public static void Write(string artifact, Stream target, StateDirectory state, CancellationToken cancellation)
    {
        if (Directory.Exists(artifact))
        {
            WriteTree(artifact, target, cancellation);
            return;
        }

        switch (Kind(artifact))
        {
            case ArchiveKind.Compressed:
                Copy(artifact, target);
                break;
            case ArchiveKind.Plain:
                using (var compressed = Compression.CompressGzip(target))
                {
                    Copy(artifact, compressed);
                    compressed.End();
                }

                break;
            default:
                WriteFile(artifact, target, state, cancellation);
                break;
        }
    }

    private enum ArchiveKind
    {
        None,
        Plain,
        Compressed,
    }

    private static void WriteTree(string directory, Stream target, CancellationToken cancellation)
    {
        using var handle = FileCalls.Open(Path.GetFullPath(directory), OpenFlags.ReadOnly | OpenFlags.Directory);
        using var compressed = Compression.CompressGzip(target);
        LayerWriter.Write(handle, compressed, LayerOptions.Default, cancellation);
        compressed.End();
    }

    private static void WriteFile(string file, Stream target, StateDirectory state, CancellationToken cancellation)
    {
        using var place = state.CreateTemporary("source");
        var copy = Path.Combine(place.Path, Path.GetFileName(file));
        File.Copy(file, copy);
        File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(file));
        WriteTree(place.Path, target, cancellation);
    }

    private static void Copy(string file, Stream target)
    {
        using var content = File.OpenRead(file);
        content.CopyTo(target);
    }

    // A tarball has its format's name in its first header.
    private static ArchiveKind Kind(string file)
    {
        const int MagicOffset = 257;
        var first = new byte[MagicOffset + 5];
        int count;
        bool compressed;
        using (var content = File.OpenRead(file))
        {
            count = content.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
            compressed = count >= Compression.MagicLength && Compression.Detect(first) == CompressionKind.Gzip;
        }

        if (!compressed)
        {
            return count == first.Length && IsTar(first) ? ArchiveKind.Plain : ArchiveKind.None;
        }

        using var packed = File.OpenRead(file);
        using var unpacked = Compression.Decompress(packed);
        return unpacked.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == first.Length && IsTar(first) ? ArchiveKind.Compressed : ArchiveKind.None;

        static bool IsTar(byte[] header) => Encoding.ASCII.GetString(header, MagicOffset, 5) == "ustar";
    }
}
