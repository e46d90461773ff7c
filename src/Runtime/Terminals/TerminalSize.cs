using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Terminals;

/// <summary>How many characters a terminal shows.</summary>
public static unsafe class TerminalSize
{
    private const nuint GetWindowSize = 0x5413;

    /// <summary>Columns and rows; null when the descriptor is no terminal. A terminal that doesn't know has 80 by 24.</summary>
    public static (int Columns, int Rows)? Of(SafeFileHandle terminal)
    {
        const int DefaultColumns = 80;
        const int DefaultRows = 24;
        var size = stackalloc ushort[4];
        return Libc.ioctl(terminal, GetWindowSize, (nint)size) != 0
            ? null
            : (size[1] > 0 ? size[1] : DefaultColumns, size[0] > 0 ? size[0] : DefaultRows);
    }
}
