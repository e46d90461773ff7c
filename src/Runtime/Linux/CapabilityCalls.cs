namespace Bld.Runtime.Linux;

/// <summary>capset(2) and capget(2), version 3: two words of 32 bits for each set.</summary>
internal static unsafe class CapabilityCalls
{
    private const uint Version3 = 0x20080522;

    /// <summary>Sets this thread's three sets.</summary>
    internal static void Set(ulong effective, ulong permitted, ulong inheritable)
    {
        var header = stackalloc uint[2] { Version3, 0 };
        var data = stackalloc uint[6]
        {
            (uint)effective, (uint)permitted, (uint)inheritable,
            (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32),
        };
        if (Libc.syscall(SystemCallNumber.CapSet, (nint)header, (nint)data, 0, 0, 0, 0) < 0)
        {
            throw FileCalls.Failed("capset", default, FileCalls.LastError());
        }
    }

    /// <summary>This thread's effective, permitted and inheritable sets.</summary>
    internal static (ulong Effective, ulong Permitted, ulong Inheritable) Get()
    {
        var header = stackalloc uint[2] { Version3, 0 };
        var data = stackalloc uint[6];
        return Libc.syscall(SystemCallNumber.CapGet, (nint)header, (nint)data, 0, 0, 0, 0) < 0
            ? throw FileCalls.Failed("capget", default, FileCalls.LastError())
            : (data[0] | ((ulong)data[3] << 32), data[1] | ((ulong)data[4] << 32), data[2] | ((ulong)data[5] << 32));
    }
}
