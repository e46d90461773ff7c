namespace Bld.Dockerfile;

/// <summary>The types of <c>RUN --mount</c>.</summary>
public enum MountType
{
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}

/// <summary>Who may use a cache mount at once; the strictest comes last.</summary>
public enum CacheSharing
{
    /// <summary>Any number of RUNs.</summary>
    Shared,

    /// <summary>Each RUN that finds it in use gets another one.</summary>
    Private,

    /// <summary>One RUN after the other.</summary>
    Locked,
}

/// <summary>One <c>RUN --mount=…</c>. What is null was not said; the defaults are the engine's business.</summary>
public sealed record MountFlag
{
    public MountType Type { get; init; } = MountType.Bind;

    /// <summary>Stage, image or named context that the content comes from.</summary>
    public string? From { get; init; }

    public string? Source { get; init; }

    public string? Target { get; init; }

    /// <summary>Unless the flag says otherwise, caches and tmpfs can be written and everything else can't.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Of caches, secrets and SSH agents. A secret's source is its id, too.</summary>
    public string? Id { get; init; }

    /// <summary>The id of a secret: the last part of its target when none is given.</summary>
    public string SecretId => Id ?? Path.GetFileName(Target ?? "");

    /// <summary>The id of an SSH agent.</summary>
    public string AgentId => Id ?? "default";

    public CacheSharing Sharing { get; init; }

    public bool IsRequired { get; init; }

    /// <summary>Bytes.</summary>
    public long? Size { get; init; }

    /// <summary>Permission bits.</summary>
    public uint? Mode { get; init; }

    public uint? UserId { get; init; }

    public uint? GroupId { get; init; }

    /// <summary>The variable that holds a secret.</summary>
    public string? Environment { get; init; }

    /// <summary>Fields that only Buildah knows (<c>z Z U relabel tmpcopyup notmpcopyup bind-propagation noexec</c> and more), as written.</summary>
    public IReadOnlyList<string> Extras { get; init; } = [];

    /// <summary>Whether programs in it can't be executed.</summary>
    public bool ForbidsPrograms => Extras.Contains("noexec");

    /// <summary>Reads the comma-separated form.</summary>
    /// <param name="text">The flag's value.</param>
    /// <param name="mayHoldVariables">Before expansion a value that holds a <c>$</c> is left alone.</param>
    /// <exception cref="DockerfileException">A key, a value or their combination is wrong.</exception>
    public static MountFlag Parse(string text, bool mayHoldVariables = false) => new MountFlagReader(mayHoldVariables).Read(text);
}
