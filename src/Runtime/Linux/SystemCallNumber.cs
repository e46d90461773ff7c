namespace Bld.Runtime.Linux;

/// <summary>Numbers of calls without a wrapper in glibc 2.36; those added since 5.1 are the same on every architecture.</summary>
internal static class SystemCallNumber
{
    internal const int OpenTree = 428;
    internal const int MoveMount = 429;
    internal const int FsOpen = 430;
    internal const int FsConfig = 431;
    internal const int FsMount = 432;
    internal const int FsPick = 433;
    internal const int PidFdOpen = 434;
    internal const int CloseRange = 436;
    internal const int OpenAt2 = 437;
    internal const int MountSetAttr = 442;
}
