using System.Text.Json.Serialization;

namespace Bld.Runtime.Spec;

/// <summary>config.json "linux.seccomp".</summary>
public sealed record SeccompSpec : SpecPart
{
    public string DefaultAction { get; init; } = "SCMP_ACT_ALLOW";

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<SeccompRule>? Syscalls { get; init; }
}

/// <summary>What happens to some calls.</summary>
public sealed record SeccompRule : SpecPart
{
    public IReadOnlyList<string> Names { get; init; } = [];

    public string Action { get; init; } = "SCMP_ACT_ALLOW";

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<SeccompArgument>? Args { get; init; }
}

/// <summary>A condition on one argument of a call.</summary>
public sealed record SeccompArgument : SpecPart
{
    public uint Index { get; init; }

    public ulong Value { get; init; }

    public ulong ValueTwo { get; init; }

    /// <summary><c>SCMP_CMP_EQ</c> and so on.</summary>
    [JsonPropertyName("op")]
    public string Operator { get; init; } = "SCMP_CMP_EQ";
}
