using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>What network a container sees.</summary>
public enum NetworkMode
{
    /// <summary>As the spec's namespaces say, and nothing configured but <c>lo</c> of a new one.</summary>
    FromSpec,

    /// <summary>The host's.</summary>
    Host,

    /// <summary>A new namespace with nothing but <c>lo</c>.</summary>
    None,

    /// <summary>A new namespace that reaches the outside through pasta (or netavark, for root).</summary>
    Private,
}

/// <summary>A mount whose source is not (only) a path: applied after the spec's own mounts, in the order given.</summary>
public sealed record ContainerMount
{
    /// <summary>Destination, type and options; with <see cref="Tree"/> or <see cref="Content"/> its source doesn't matter.</summary>
    public required MountSpec Spec { get; init; }

    /// <summary>
    /// A detached tree (open_tree with clone, or fsmount): moved to the destination as it is, so it can be used once. Stays
    /// the caller's to dispose.
    /// </summary>
    public SafeFileHandle? Tree { get; init; }

    /// <summary>A file that lives in memory only (a secret): these bytes at the destination.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    /// <summary>Permission bits of <see cref="Content"/>.</summary>
    public uint Mode { get; init; } = 0x100;

    /// <summary>Owner of <see cref="Content"/>.</summary>
    public uint Uid { get; init; }

    /// <summary>Group of <see cref="Content"/>.</summary>
    public uint Gid { get; init; }
}

/// <summary>Everything that <see cref="Container.Start"/> needs. Handles stay the caller's.</summary>
public sealed record ContainerRequest
{
    /// <summary>The OCI spec; <see cref="DefaultSpec.ForBuild"/> makes what a RUN wants.</summary>
    public required ContainerSpec Spec { get; init; }

    /// <summary>
    /// The root as a detached mount (fsmount or a cloned tree), usable once; any open directory where the spec has no mount namespace.
    /// null takes the spec's root path.
    /// </summary>
    public SafeFileHandle? Root { get; init; }

    /// <summary>Mounts on top of the spec's.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Standard input; null is /dev/null.</summary>
    public SafeFileHandle? Input { get; init; }

    /// <summary>Standard output; null is /dev/null.</summary>
    public SafeFileHandle? Output { get; init; }

    /// <summary>Standard error; null is /dev/null.</summary>
    public SafeFileHandle? Error { get; init; }

    /// <summary>
    /// A connected stream socket that gets the terminal's master (SCM_RIGHTS) when the spec's process wants a terminal; the
    /// streams above are not used then.
    /// </summary>
    public SafeFileHandle? ConsoleSocket { get; init; }

    /// <summary>The container's name as hooks and the state know it; empty takes the host name.</summary>
    public string Id { get; init; } = "";

    /// <summary>The bundle's directory as hooks are told it; empty takes the root's path.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>Stay as process 1 that forwards signals and reaps; otherwise the command itself is process 1.</summary>
    public bool Init { get; init; }

    /// <summary>The network; anything but <see cref="NetworkMode.FromSpec"/> replaces the spec's network namespace.</summary>
    public NetworkMode Network { get; init; }

    /// <summary>Number of the caller's descriptors from 3 on that the command keeps (they must not be close-on-exec).</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>The executable that becomes init: one whose Main asks <see cref="Init.ContainerInit.IsInit"/> first.</summary>
    public string InitExecutable { get; init; } = InitProgramPlace.Path;

    /// <summary>An init that was started ahead of time; used if the spec allows it. Stays the caller's to dispose, before or after.</summary>
    public SpareInit? Spare { get; init; }

    /// <summary>A directory where compiled seccomp filters are kept; null keeps them in this process only.</summary>
    public string? SeccompCache { get; init; }

    /// <summary>Hears of protections that this host can't give (no AppArmor, say). Null ignores them.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Start under the host's name where the spec's is refused, as the filters of some containers do.</summary>
    public bool HostNameIsWish { get; init; }

    /// <summary>Whether the container dies with this process.</summary>
    public bool DieWithParent { get; init; } = true;

    /// <summary>chroot in place of pivot_root, for roots that lie on a ramdisk. Weaker: whoever may chroot can leave.</summary>
    public bool NoPivot { get; init; }

    /// <summary>Keep the caller's session keyring.</summary>
    public bool KeepKeyring { get; init; }

    /// <summary>
    /// Cgroups in every hierarchy of the host, as engines expect that ask for them later; otherwise only where a limit wants one.
    /// </summary>
    public bool AllCgroups { get; init; }

    /// <summary>The cgroups are those of a scope that systemd makes, and the spec's path is <c>slice:prefix:name</c>.</summary>
    public bool SystemdCgroups { get; init; }

    /// <summary>
    /// Start it from the calling thread and wait for its end there: this process does nothing else, and none of its other threads runs
    /// managed code. Init can then be born in its cgroup whatever the C library is (docs/decisions/0049).
    /// </summary>
    public bool IsAlone { get; init; }

    /// <summary>Cgroups that exist, to be joined and left alone; the spec's own are not made then.</summary>
    internal IReadOnlyList<Cgroups.CgroupDirectory>? JoinedCgroups { get; init; }

    /// <summary>A listening socket that init waits at before the exec, so that another process can give the word.</summary>
    internal SafeFileHandle? StartSocket { get; init; }

    /// <summary>
    /// Called while init sets up, with its number and the cgroups; gives what is to be done when only the exec is left. What either throws
    /// ends the container.
    /// </summary>
    internal Func<int, IReadOnlyList<Cgroups.CgroupDirectory>, Action>? Ready { get; init; }

    /// <summary>The container is deleted by somebody else after its command's end: the poststop hooks are theirs.</summary>
    internal bool OutlivesCommand { get; init; }

    /// <summary>The container is nobody's: neither its end nor its cgroups concern this process once it runs.</summary>
    internal bool Detached { get; init; }
}
