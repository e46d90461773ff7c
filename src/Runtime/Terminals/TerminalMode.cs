using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Terminals;

/// <summary>The caller's terminal in raw mode, so that every key goes to the container; disposing gives back the old mode.</summary>
internal sealed unsafe class TerminalMode : IDisposable
{
    // struct termios of glibc is 60 bytes.
    private const int ModeBytes = 64;
    private const nuint GetWindowSize = 0x5413;
    private const nuint SetWindowSize = 0x5414;
    private readonly SafeFileHandle _terminal;
    private readonly byte[] _before = new byte[ModeBytes];

    private TerminalMode(SafeFileHandle terminal) => _terminal = terminal;

    /// <summary>Makes it raw; null when it is no terminal.</summary>
    internal static TerminalMode? TryEnter(SafeFileHandle terminal)
    {
        var mode = new TerminalMode(terminal);
        var raw = stackalloc byte[ModeBytes];
        fixed (byte* before = mode._before)
        {
            if (Libc.tcgetattr(terminal, before) < 0)
            {
                return null;
            }

            mode._before.CopyTo(new Span<byte>(raw, ModeBytes));
        }

        Libc.cfmakeraw(raw);
        _ = Libc.tcsetattr(terminal, 0, raw);
        return mode;
    }

    /// <summary>Gives one terminal's size in characters to another.</summary>
    internal static void CopySize(SafeFileHandle from, SafeFileHandle to)
    {
        var size = stackalloc ushort[4];
        if (Libc.ioctl(from, GetWindowSize, (nint)size) == 0)
        {
            _ = Libc.ioctl(to, SetWindowSize, (nint)size);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        fixed (byte* before = _before)
        {
            _ = Libc.tcsetattr(_terminal, 0, before);
        }
    }
}
