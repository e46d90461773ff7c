using System.Text.Json;

using Bld.Json;

namespace Bld.Runtime.Spec;

/// <summary>config.json "linux.seccomp".</summary>
public sealed record SeccompSpec : SpecPart, IJsonRecord<SeccompSpec>
{
    public string DefaultAction { get; init; } = "SCMP_ACT_ALLOW";

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<SeccompRule>? Syscalls { get; init; }

    static SeccompSpec IJsonRecord<SeccompSpec>.Read(JsonMembers json) => new()
    {
        DefaultAction = json.Text("defaultAction") ?? "SCMP_ACT_ALLOW",
        DefaultErrnoRet = json.UInt("defaultErrnoRet"),
        Architectures = json.Texts("architectures"),
        Flags = json.Texts("flags"),
        ListenerPath = json.Text("listenerPath"),
        ListenerMetadata = json.Text("listenerMetadata"),
        Syscalls = json.Objects<SeccompRule>("syscalls"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("defaultAction", DefaultAction);
        json.Number("defaultErrnoRet", DefaultErrnoRet);
        json.Texts("architectures", Architectures);
        json.Texts("flags", Flags);
        json.Text("listenerPath", ListenerPath);
        json.Text("listenerMetadata", ListenerMetadata);
        json.Objects("syscalls", Syscalls);
        json.Rest(Unknown);
    }
}

/// <summary>What happens to some calls.</summary>
public sealed record SeccompRule : SpecPart, IJsonRecord<SeccompRule>
{
    public IReadOnlyList<string> Names { get; init; } = [];

    public string Action { get; init; } = "SCMP_ACT_ALLOW";

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<SeccompArgument>? Args { get; init; }

    static SeccompRule IJsonRecord<SeccompRule>.Read(JsonMembers json) => new()
    {
        Names = json.Texts("names") ?? [],
        Action = json.Text("action") ?? "SCMP_ACT_ALLOW",
        ErrnoRet = json.UInt("errnoRet"),
        Args = json.Objects<SeccompArgument>("args"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Texts("names", Names);
        json.Text("action", Action);
        json.Number("errnoRet", ErrnoRet);
        json.Objects("args", Args);
        json.Rest(Unknown);
    }
}

/// <summary>A condition on one argument of a call.</summary>
public sealed record SeccompArgument : SpecPart, IJsonRecord<SeccompArgument>
{
    public uint Index { get; init; }

    public ulong Value { get; init; }

    public ulong ValueTwo { get; init; }

    /// <summary><c>SCMP_CMP_EQ</c> and so on.</summary>
    public string Operator { get; init; } = "SCMP_CMP_EQ";

    static SeccompArgument IJsonRecord<SeccompArgument>.Read(JsonMembers json) => new()
    {
        Index = json.UInt("index") ?? 0,
        Value = json.ULong("value") ?? 0,
        ValueTwo = json.ULong("valueTwo") ?? 0,
        Operator = json.Text("op") ?? "SCMP_CMP_EQ",
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("index", Index);
        json.Number("value", Value);
        json.Number("valueTwo", ValueTwo);
        json.Text("op", Operator);
        json.Rest(Unknown);
    }
}
