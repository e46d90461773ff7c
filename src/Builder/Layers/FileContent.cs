using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>Writing an entry's content to a file, leaving holes for zeros.</summary>
internal static class FileContent
{
    /// <summary>Smaller runs of zeros cost less to write than to skip.</summary>
    private const int SmallestHole = 64 * 1024;

    internal static void Write(SafeFileHandle file, TarEntry entry, TarReader content)
    {
        long position = 0;
        while (content.TryReadContent(out var offset, out var piece))
        {
            if (piece.Length >= SmallestHole && !piece.ContainsAnyExcept((byte)0))
            {
                continue;
            }

            if (position != offset)
            {
                FileCalls.Seek(file, offset);
            }

            FileCalls.WriteAll(file, piece);
            position = offset + piece.Length;
        }

        if (position != entry.Size)
        {
            FileCalls.SetLength(file, entry.Size);
        }
    }
}
