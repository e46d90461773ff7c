using System.Runtime.CompilerServices;

namespace Bld.Runtime.Linux;

/// <summary>While it lives, no signal reaches this thread; those that come meanwhile come then.</summary>
internal unsafe ref struct BlockedSignals
{
    private const int SetMask = 2;
    private SignalSet _before;

    public BlockedSignals()
    {
        SignalSet all;
        Libc.sigfillset((byte*)&all);
        fixed (SignalSet* before = &_before)
        {
            _ = Libc.sigprocmask(SetMask, (byte*)&all, (byte*)before);
        }
    }

    /// <summary>Back to the mask that was.</summary>
    public void Dispose()
    {
        fixed (SignalSet* before = &_before)
        {
            _ = Libc.sigprocmask(SetMask, (byte*)before, null);
        }
    }

    /// <summary>sigset_t of glibc.</summary>
    [InlineArray(128)]
    private struct SignalSet
    {
        private byte _first;
    }
}
