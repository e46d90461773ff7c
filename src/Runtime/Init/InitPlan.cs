namespace Bld.Runtime.Init;

/// <summary>
/// All that init is to do, worked out by the parent: init decides nothing. Paths are bytes, descriptors are numbers that
/// the spawn left open. Empty means "leave it".
/// </summary>
internal sealed class InitPlan : IPlanPart
{
    /// <summary>CLONE_NEW* flags to unshare. Never NEWPID and NEWUSER: those are there before init is.</summary>
    internal int Unshare;
    internal JoinStep[] Joins = [];
    internal bool OwnMounts;

    internal int RootDescriptor = -1;
    internal byte[] RootPath = [];
    internal bool RootReadOnly;
    internal int RootPropagation;
    internal bool NoPivot;

    internal MountStep[] Mounts = [];
    internal DeviceStep[] Devices = [];
    internal bool MakeDevices;
    internal byte[][] MaskedPaths = [];
    internal byte[][] ReadOnlyPaths = [];
    internal byte[][] Sysctls = [];
    internal byte[] HostName = [];
    internal byte[] DomainName = [];

    /// <summary>Go on under the host's name where another is refused.</summary>
    internal bool HostNameIsWish;
    internal byte[] TimeOffsets = [];

    internal byte[] AppArmorProfile = [];
    internal byte[] SelinuxLabel = [];
    internal bool BringLoopbackUp;

    /// <summary>Tell the parent when the namespaces exist, and wait for its word (network, hooks of the runtime).</summary>
    internal bool StopAfterNamespaces;

    /// <summary>Tell the parent when only the exec is left, and wait for its word (OCI create and start).</summary>
    internal bool StopBeforeExec;
    internal HookStep[] CreateContainerHooks = [];
    internal HookStep[] StartContainerHooks = [];
    internal byte[] HookState = [];

    internal ProcessStep Process = new();

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Number(ref Unshare);
        codec.List(ref Joins);
        codec.Flag(ref OwnMounts);
        codec.Number(ref RootDescriptor);
        codec.Bytes(ref RootPath);
        codec.Flag(ref RootReadOnly);
        codec.Number(ref RootPropagation);
        codec.Flag(ref NoPivot);
        codec.List(ref Mounts);
        codec.List(ref Devices);
        codec.Flag(ref MakeDevices);
        codec.Strings(ref MaskedPaths);
        codec.Strings(ref ReadOnlyPaths);
        codec.Strings(ref Sysctls);
        codec.Bytes(ref HostName);
        codec.Bytes(ref DomainName);
        codec.Flag(ref HostNameIsWish);
        codec.Bytes(ref TimeOffsets);
        codec.Bytes(ref AppArmorProfile);
        codec.Bytes(ref SelinuxLabel);
        codec.Flag(ref BringLoopbackUp);
        codec.Flag(ref StopAfterNamespaces);
        codec.Flag(ref StopBeforeExec);
        codec.List(ref CreateContainerHooks);
        codec.List(ref StartContainerHooks);
        codec.Bytes(ref HookState);
        Process.Exchange(codec);
    }
}

/// <summary>A namespace to join by descriptor.</summary>
internal sealed class JoinStep : IPlanPart
{
    /// <summary>Init's number; -1: it comes over the channel behind the plan, in the order of the steps.</summary>
    internal int Descriptor = -1;
    internal int Type;
    internal byte[] Path = [];

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Number(ref Descriptor);
        codec.Number(ref Type);
        codec.Bytes(ref Path);
    }
}

/// <summary>How a <see cref="MountStep"/> gets its tree.</summary>
internal enum MountKind
{
    /// <summary>A new file system of <see cref="MountStep.Type"/>.</summary>
    FileSystem,

    /// <summary>A clone of what lies at <see cref="MountStep.Source"/> on the host.</summary>
    Bind,

    /// <summary>A detached tree, <see cref="MountStep.Descriptor"/>.</summary>
    Tree,

    /// <summary>A file with <see cref="MountStep.Content"/>, in memory only.</summary>
    Content,

    /// <summary>The container's cgroups, as the host has them.</summary>
    Cgroups,
}

/// <summary>One mount.</summary>
internal sealed class MountStep : IPlanPart
{
    internal int Kind;
    internal int Descriptor = -1;
    internal byte[] Source = [];
    internal byte[] Destination = [];
    internal byte[] Type = [];

    /// <summary>Names and values by turns; an empty value is a flag.</summary>
    internal byte[][] Data = [];
    internal uint AttributesSet;
    internal uint AttributesCleared;
    internal uint RecursiveSet;
    internal uint RecursiveCleared;
    internal int Propagation;
    internal bool RecursivePropagation;
    internal bool Recursive;
    internal bool CopyUp;

    /// <summary>A bound file: decides what a missing destination is made as.</summary>
    internal bool IsFile;
    internal byte[] Content = [];
    internal uint Mode;
    internal uint User;
    internal uint Group;
    internal int IdMapDescriptor = -1;
    internal bool IdMapRecursive;

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Number(ref Kind);
        codec.Number(ref Descriptor);
        codec.Bytes(ref Source);
        codec.Bytes(ref Destination);
        codec.Bytes(ref Type);
        codec.Strings(ref Data);
        codec.Number(ref AttributesSet);
        codec.Number(ref AttributesCleared);
        codec.Number(ref RecursiveSet);
        codec.Number(ref RecursiveCleared);
        codec.Number(ref Propagation);
        codec.Flag(ref RecursivePropagation);
        codec.Flag(ref Recursive);
        codec.Flag(ref CopyUp);
        codec.Flag(ref IsFile);
        codec.Bytes(ref Content);
        codec.Number(ref Mode);
        codec.Number(ref User);
        codec.Number(ref Group);
        codec.Number(ref IdMapDescriptor);
        codec.Flag(ref IdMapRecursive);
    }
}

/// <summary>A device node, bound from the host where mknod is not allowed.</summary>
internal sealed class DeviceStep : IPlanPart
{
    internal byte[] Path = [];
    internal uint RawMode;
    internal uint Major;
    internal uint Minor;
    internal uint User;
    internal uint Group;

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Bytes(ref Path);
        codec.Number(ref RawMode);
        codec.Number(ref Major);
        codec.Number(ref Minor);
        codec.Number(ref User);
        codec.Number(ref Group);
    }
}

/// <summary>A hook to run inside.</summary>
internal sealed class HookStep : IPlanPart
{
    internal byte[] Path = [];
    internal byte[][] Arguments = [];
    internal byte[][] Environment = [];
    internal int TimeoutSeconds;

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Bytes(ref Path);
        codec.Strings(ref Arguments);
        codec.Strings(ref Environment);
        codec.Number(ref TimeoutSeconds);
    }
}
