using Bld.Runtime.Networks;

namespace Bld.Runtime.Init;

/// <summary>
/// What the runtime starts beside itself: a container's init, the way into a user namespace, the guard of a network. Any program that uses
/// the runtime can be started so, and asks here before it does anything else.
/// </summary>
public static class StartedProgram
{
    /// <summary>Does what this process was started for; null when its arguments are not the runtime's.</summary>
    /// <returns>The exit code.</returns>
    public static int? TryRun(string[] args) =>
        ContainerInit.IsInit(args) ? ContainerInit.Main(args)
        : NetworkGuard.IsGuard(args) ? NetworkGuard.Main()
        : NamespaceEntry.IsEntry(args) ? NamespaceEntry.Main(args)
        : null;
}
