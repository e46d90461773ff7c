namespace Bld.Runtime.Spec;

/// <summary>config.json "linux".</summary>
public sealed record LinuxSpec : SpecPart
{
    public IReadOnlyList<NamespaceSpec>? Namespaces { get; init; }

    public IReadOnlyList<IdMapping>? UidMappings { get; init; }

    public IReadOnlyList<IdMapping>? GidMappings { get; init; }

    public IReadOnlyDictionary<string, TimeOffsetSpec>? TimeOffsets { get; init; }

    public IReadOnlyList<DeviceSpec>? Devices { get; init; }

    /// <summary>Where the cgroup lies, as the spec says; null leaves the container in the caller's cgroup.</summary>
    public string? CgroupsPath { get; init; }

    public ResourcesSpec? Resources { get; init; }

    public IReadOnlyDictionary<string, string>? Sysctl { get; init; }

    public SeccompSpec? Seccomp { get; init; }

    public IReadOnlyList<string>? MaskedPaths { get; init; }

    public IReadOnlyList<string>? ReadonlyPaths { get; init; }

    public string? MountLabel { get; init; }

    /// <summary><c>private</c>, <c>rprivate</c>, <c>slave</c>, <c>rslave</c>, <c>shared</c>, <c>rshared</c>, <c>unbindable</c>.</summary>
    public string? RootfsPropagation { get; init; }

    public PersonalitySpec? Personality { get; init; }
}

/// <summary>A namespace that is new, or joined when a path is given.</summary>
public sealed record NamespaceSpec : SpecPart
{
    /// <summary><c>pid network mount ipc uts user cgroup time</c>.</summary>
    public string Type { get; init; } = "";

    public string? Path { get; init; }
}

/// <summary>An offset of a clock of a time namespace.</summary>
public sealed record TimeOffsetSpec : SpecPart
{
    public long Secs { get; init; }

    public uint Nanosecs { get; init; }
}

/// <summary>A device node of the container.</summary>
public sealed record DeviceSpec : SpecPart
{
    /// <summary><c>c</c>, <c>b</c>, <c>u</c> or <c>p</c>.</summary>
    public string Type { get; init; } = "c";

    public string Path { get; init; } = "";

    public long Major { get; init; }

    public long Minor { get; init; }

    public uint? FileMode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }
}

/// <summary>personality(2): <c>LINUX</c> or <c>LINUX32</c>.</summary>
public sealed record PersonalitySpec : SpecPart
{
    public string Domain { get; init; } = "LINUX";

    public IReadOnlyList<string>? Flags { get; init; }
}
