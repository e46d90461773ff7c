using System.Text.Json;

using Bld.Json;

namespace Bld.Runtime.Spec;

/// <summary>config.json "process".</summary>
public sealed record ProcessSpec : SpecPart, IJsonRecord<ProcessSpec>
{
    /// <summary>Reads a file that holds a process alone, as "exec --process" gets it.</summary>
    /// <exception cref="JsonException">The bytes are not JSON or a field has the wrong type.</exception>
    public static ProcessSpec Parse(ReadOnlySpan<byte> json) => JsonMembers.Parse<ProcessSpec>(json);

    public bool Terminal { get; init; }

    public ConsoleSizeSpec? ConsoleSize { get; init; }

    public UserSpec User { get; init; } = new();

    /// <summary>The command's whole argv; never empty when a container starts.</summary>
    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>Entries <c>NAME=value</c>, and nothing is added but HOME when it is missing.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>The working directory inside the container, absolute; made when missing.</summary>
    public string Cwd { get; init; } = "/";

    public CapabilitiesSpec? Capabilities { get; init; }

    public IReadOnlyList<RlimitSpec>? Rlimits { get; init; }

    public bool NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    public int? OomScoreAdj { get; init; }

    public string? SelinuxLabel { get; init; }

    public SchedulerSpec? Scheduler { get; init; }

    public IoPrioritySpec? IoPriority { get; init; }

    static ProcessSpec IJsonRecord<ProcessSpec>.Read(JsonMembers json) => new()
    {
        Terminal = json.Flag("terminal") ?? false,
        ConsoleSize = json.Object<ConsoleSizeSpec>("consoleSize"),
        User = json.Object<UserSpec>("user") ?? new UserSpec(),
        Args = json.Texts("args"),
        Env = json.Texts("env"),
        Cwd = json.Text("cwd") ?? "/",
        Capabilities = json.Object<CapabilitiesSpec>("capabilities"),
        Rlimits = json.Objects<RlimitSpec>("rlimits"),
        NoNewPrivileges = json.Flag("noNewPrivileges") ?? false,
        ApparmorProfile = json.Text("apparmorProfile"),
        OomScoreAdj = json.Int("oomScoreAdj"),
        SelinuxLabel = json.Text("selinuxLabel"),
        Scheduler = json.Object<SchedulerSpec>("scheduler"),
        IoPriority = json.Object<IoPrioritySpec>("ioPriority"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Flag("terminal", Terminal);
        json.Object("consoleSize", ConsoleSize);
        json.Object("user", User);
        json.Texts("args", Args);
        json.Texts("env", Env);
        json.Text("cwd", Cwd);
        json.Object("capabilities", Capabilities);
        json.Objects("rlimits", Rlimits);
        json.Flag("noNewPrivileges", NoNewPrivileges);
        json.Text("apparmorProfile", ApparmorProfile);
        json.Number("oomScoreAdj", OomScoreAdj);
        json.Text("selinuxLabel", SelinuxLabel);
        json.Object("scheduler", Scheduler);
        json.Object("ioPriority", IoPriority);
        json.Rest(Unknown);
    }
}

/// <summary>A terminal's size in characters.</summary>
public sealed record ConsoleSizeSpec : SpecPart, IJsonRecord<ConsoleSizeSpec>
{
    public ushort Height { get; init; }

    public ushort Width { get; init; }

    static ConsoleSizeSpec IJsonRecord<ConsoleSizeSpec>.Read(JsonMembers json) => new()
    {
        Height = json.UShort("height") ?? 0,
        Width = json.UShort("width") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("height", Height);
        json.Number("width", Width);
        json.Rest(Unknown);
    }
}

/// <summary>Numeric ids inside the container.</summary>
public sealed record UserSpec : SpecPart, IJsonRecord<UserSpec>
{
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint? Umask { get; init; }

    public IReadOnlyList<uint>? AdditionalGids { get; init; }

    static UserSpec IJsonRecord<UserSpec>.Read(JsonMembers json) => new()
    {
        Uid = json.UInt("uid") ?? 0,
        Gid = json.UInt("gid") ?? 0,
        Umask = json.UInt("umask"),
        AdditionalGids = json.UInts("additionalGids"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("uid", Uid);
        json.Number("gid", Gid);
        json.Number("umask", Umask);
        json.Numbers("additionalGids", AdditionalGids);
        json.Rest(Unknown);
    }
}

/// <summary>Names as in capabilities(7), <c>CAP_CHOWN</c>.</summary>
public sealed record CapabilitiesSpec : SpecPart, IJsonRecord<CapabilitiesSpec>
{
    public IReadOnlyList<string>? Bounding { get; init; }

    public IReadOnlyList<string>? Effective { get; init; }

    public IReadOnlyList<string>? Inheritable { get; init; }

    public IReadOnlyList<string>? Permitted { get; init; }

    public IReadOnlyList<string>? Ambient { get; init; }

    static CapabilitiesSpec IJsonRecord<CapabilitiesSpec>.Read(JsonMembers json) => new()
    {
        Bounding = json.Texts("bounding"),
        Effective = json.Texts("effective"),
        Inheritable = json.Texts("inheritable"),
        Permitted = json.Texts("permitted"),
        Ambient = json.Texts("ambient"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Texts("bounding", Bounding);
        json.Texts("effective", Effective);
        json.Texts("inheritable", Inheritable);
        json.Texts("permitted", Permitted);
        json.Texts("ambient", Ambient);
        json.Rest(Unknown);
    }
}

/// <summary>A resource limit: <c>RLIMIT_NOFILE</c> with its soft and hard value.</summary>
public sealed record RlimitSpec : SpecPart, IJsonRecord<RlimitSpec>
{
    public string Type { get; init; } = "";

    public ulong Soft { get; init; }

    public ulong Hard { get; init; }

    static RlimitSpec IJsonRecord<RlimitSpec>.Read(JsonMembers json) => new()
    {
        Type = json.Text("type") ?? "",
        Soft = json.ULong("soft") ?? 0,
        Hard = json.ULong("hard") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("type", Type);
        json.Number("soft", Soft);
        json.Number("hard", Hard);
        json.Rest(Unknown);
    }
}

/// <summary>sched_setattr(2).</summary>
public sealed record SchedulerSpec : SpecPart, IJsonRecord<SchedulerSpec>
{
    public string Policy { get; init; } = "SCHED_OTHER";

    public int Nice { get; init; }

    public uint Priority { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public ulong Runtime { get; init; }

    public ulong Deadline { get; init; }

    public ulong Period { get; init; }

    static SchedulerSpec IJsonRecord<SchedulerSpec>.Read(JsonMembers json) => new()
    {
        Policy = json.Text("policy") ?? "SCHED_OTHER",
        Nice = json.Int("nice") ?? 0,
        Priority = json.UInt("priority") ?? 0,
        Flags = json.Texts("flags"),
        Runtime = json.ULong("runtime") ?? 0,
        Deadline = json.ULong("deadline") ?? 0,
        Period = json.ULong("period") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("policy", Policy);
        json.Number("nice", Nice);
        json.Number("priority", Priority);
        json.Texts("flags", Flags);
        json.Number("runtime", Runtime);
        json.Number("deadline", Deadline);
        json.Number("period", Period);
        json.Rest(Unknown);
    }
}

/// <summary>ioprio_set(2): <c>IOPRIO_CLASS_RT</c>, <c>_BE</c> or <c>_IDLE</c>.</summary>
public sealed record IoPrioritySpec : SpecPart, IJsonRecord<IoPrioritySpec>
{
    public string Class { get; init; } = "IOPRIO_CLASS_BE";

    public int Priority { get; init; }

    static IoPrioritySpec IJsonRecord<IoPrioritySpec>.Read(JsonMembers json) => new()
    {
        Class = json.Text("class") ?? "IOPRIO_CLASS_BE",
        Priority = json.Int("priority") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("class", Class);
        json.Number("priority", Priority);
        json.Rest(Unknown);
    }
}
