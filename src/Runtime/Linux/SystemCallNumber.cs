using System.Runtime.InteropServices;

namespace Bld.Runtime.Linux;

/// <summary>Numbers of calls without a wrapper in glibc 2.36; those added since 5.1 are the same on every architecture.</summary>
internal static class SystemCallNumber
{
    internal const int OpenTree = 428;
    internal const int MoveMount = 429;
    internal const int FsOpen = 430;
    internal const int FsConfig = 431;
    internal const int FsMount = 432;
    internal const int PidFdOpen = 434;
    internal const int Clone3 = 435;
    internal const int CloseRange = 436;
    internal const int OpenAt2 = 437;
    internal const int MountSetAttr = 442;
    internal const int PidFdSendSignal = 424;

    // The older calls differ: x86-64's table, or the generic one of arm64.
    internal static int PivotRoot => Arm ? 41 : 155;

    internal static int SetGroups => Arm ? 159 : 116;

    internal static int SetResGid => Arm ? 149 : 119;

    internal static int SetResUid => Arm ? 147 : 117;

    internal static int CapSet => Arm ? 91 : 126;

    internal static int CapGet => Arm ? 90 : 125;

    internal static int Seccomp => Arm ? 277 : 317;

    internal static int GetCwd => Arm ? 17 : 79;

    internal static int KeyCtl => Arm ? 219 : 250;

    internal static int MemFdCreate => Arm ? 279 : 319;

    internal static int Personality => Arm ? 92 : 135;

    internal static int IoPrioritySet => Arm ? 30 : 251;

    internal static int SchedulerSetAttributes => Arm ? 274 : 314;

    internal static int Bpf => Arm ? 280 : 321;

    internal static int SignalAction => Arm ? 134 : 13;

    internal static int SignalMask => Arm ? 135 : 14;

    internal static int Duplicate => Arm ? 24 : 292;

    internal static int Execute => Arm ? 221 : 59;

    internal static int ExitGroup => Arm ? 94 : 231;

    internal static int FControl => Arm ? 25 : 72;

    internal static int Clone => Arm ? 220 : 56;

    internal static int Read => Arm ? 63 : 0;

    internal static int Write => Arm ? 64 : 1;

    internal static int Close => Arm ? 57 : 3;

    internal static int SetNs => Arm ? 268 : 308;

    internal static int GetParent => Arm ? 173 : 110;

    internal static int GetProcess => Arm ? 172 : 39;

    private static bool Arm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
}
