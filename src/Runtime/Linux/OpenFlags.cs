using System.Runtime.InteropServices;

namespace Bld.Runtime.Linux;

/// <summary>
/// Flags of open(2). <see cref="Directory"/>, <see cref="NoFollow"/> and <see cref="Direct"/> differ between architectures;
/// the values here are x86-64's and <see cref="OpenFlagsExtensions.ToKernel"/> translates them.
/// </summary>
[Flags]
public enum OpenFlags
{
    ReadOnly = 0,
    WriteOnly = 1,
    ReadWrite = 2,
    Create = 0x40,
    Exclusive = 0x80,
    NoControllingTerminal = 0x100,
    Truncate = 0x200,
    Append = 0x400,
    NonBlocking = 0x800,
    Direct = 0x4000,
    Directory = 0x10000,
    NoFollow = 0x20000,
    NoAccessTime = 0x40000,
    CloseOnExec = 0x80000,
    Path = 0x200000,
    Temporary = 0x400000,
    TemporaryFile = Temporary | Directory,
}

/// <summary>How openat2(2) may resolve a path (RESOLVE_*).</summary>
[Flags]
public enum ResolveFlags
{
    None = 0,
    NoCrossMounts = 0x01,
    NoMagicLinks = 0x02,
    NoSymbolicLinks = 0x04,
    Beneath = 0x08,
    InRoot = 0x10,
}

internal static class OpenFlagsExtensions
{
    internal static int ToKernel(this OpenFlags flags)
    {
        if (RuntimeInformation.ProcessArchitecture is not (Architecture.Arm64 or Architecture.Arm))
        {
            return (int)flags;
        }

        // asm/fcntl.h of arm: O_DIRECTORY 040000, O_NOFOLLOW 0100000, O_DIRECT 0200000.
        var kernel = (int)(flags & ~(OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.Direct));
        kernel |= flags.HasFlag(OpenFlags.Directory) ? 0x4000 : 0;
        kernel |= flags.HasFlag(OpenFlags.NoFollow) ? 0x8000 : 0;
        kernel |= flags.HasFlag(OpenFlags.Direct) ? 0x10000 : 0;
        return kernel;
    }
}
