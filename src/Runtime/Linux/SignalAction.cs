using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bld.Runtime.Linux;

/// <summary>struct sigaction of glibc.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalAction
{
    internal const int Restart = 0x10000000;
    internal const int OnStack = 0x08000000;

    public nint Handler;
    public Set Mask;
    public int Flags;
    public nint Restorer;

    /// <summary>sigset_t.</summary>
    [InlineArray(16)]
    internal struct Set
    {
        private ulong _first;
    }
}
