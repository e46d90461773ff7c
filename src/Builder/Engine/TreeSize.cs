using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>How much a directory holds.</summary>
internal static class TreeSize
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const int BlockSize = 512;

    /// <summary>The bytes that its files occupy at this moment; somebody may be writing.</summary>
    /// <param name="directory">Opened for reading; its position is used.</param>
    public static long Of(SafeFileHandle directory)
    {
        var size = 0L;
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            if (FileCalls.TryStatus(directory, entry.Name.Span, out var status) != Errno.None)
            {
                continue;
            }

            size += status.Blocks * BlockSize;
            if (status.IsDirectory && FileCalls.TryOpen(directory, entry.Name.Span, DirectoryItself, 0, out var child) == Errno.None)
            {
                using (child)
                {
                    size += Of(child);
                }
            }
        }

        return size;
    }
}
