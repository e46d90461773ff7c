using System.Globalization;

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

/// <summary>Who may use a cache mount at once.</summary>
public enum CacheSharing
{
    /// <summary>Any number of RUNs.</summary>
    Shared,

    /// <summary>Each RUN that finds it in use gets another one.</summary>
    Private,

    /// <summary>One RUN after the other.</summary>
    Locked,
}

/// <summary>One <c>RUN --mount=…</c>.</summary>
public sealed record MountFlag
{
    private static readonly string[] Types = ["bind", "cache", "tmpfs", "secret", "ssh"];

    private static readonly string[] Keys =
    [
        "type", "from", "source", "target", "readonly", "readwrite", "id", "sharing", "required", "size", "mode", "uid", "gid",
        "src", "dst", "destination", "ro", "rw", "env", "relabel", "tmpcopyup", "notmpcopyup", "bind-propagation", "z", "Z", "U",
    ];

    public MountType Type { get; private set; } = MountType.Bind;

    /// <summary>Stage, image or named context that the content comes from.</summary>
    public string? From { get; private set; }

    public string? Source { get; private set; }

    public string? Target { get; private set; }

    /// <summary>Binds are read-only unless they say otherwise; everything else can be written.</summary>
    public bool IsReadOnly { get; private set; }

    public string? Id { get; private set; }

    public CacheSharing Sharing { get; private set; }

    public bool IsRequired { get; private set; }

    /// <summary>Bytes.</summary>
    public long? Size { get; private set; }

    public uint? Mode { get; private set; }

    public uint? UserId { get; private set; }

    public uint? GroupId { get; private set; }

    /// <summary>The variable that holds a secret.</summary>
    public string? Environment { get; private set; }

    /// <summary>Reads the comma-separated form.</summary>
    /// <param name="text">The flag's value.</param>
    /// <param name="mayHoldVariables">Before expansion a value that holds a <c>$</c> is left alone.</param>
    /// <exception cref="DockerfileException">A key, a value or their combination is wrong.</exception>
    public static MountFlag Parse(string text, bool mayHoldVariables = false)
    {
        var mount = new MountFlag();
        bool? readOnly = null;
        foreach (var field in CsvFields.Split(text))
        {
            var equals = field.IndexOf('=');
            var key = (equals < 0 ? field : field[..equals]).ToLowerInvariant();
            var value = equals < 0 ? null : field[(equals + 1)..];
            if (mayHoldVariables && value is not null && value.Contains('$'))
            {
                continue;
            }

            readOnly = mount.Set(key, value, field) ?? readOnly;
        }

        mount.IsReadOnly = readOnly ?? mount.Type == MountType.Bind;
        if (!mayHoldVariables || !text.Contains('$'))
        {
            mount.Check();
        }

        return mount;
    }

    /// <summary>Takes one field; gives whether the mount is read-only where the field says so.</summary>
    private bool? Set(string key, string? value, string field)
    {
        switch (key)
        {
            case "readonly" or "ro" when value is null:
                return true;
            case "readwrite" or "rw" when value is null:
                return false;
            case "readonly" or "ro":
                return Truth(key, value!);
            case "readwrite" or "rw":
                return !Truth(key, value!);
            case "required":
                IsRequired = value is null || Truth(key, value);
                RequiredGiven = true;
                return null;
            case "z" or "u" or "relabel" or "tmpcopyup" or "notmpcopyup" or "bind-propagation":
                // Buildah's; without SELinux labels and shared mounts there is nothing to do for them.
                return null;
        }

        if (value is null)
        {
            throw Keys.Contains(key)
                ? new DockerfileException($"invalid field '{field}' must be a key=value pair")
                : Unexpected(key, field);
        }

        SetValue(key, value, field);
        return null;
    }

    private bool RequiredGiven { get; set; }

    private void SetValue(string key, string value, string field)
    {
        switch (key)
        {
            case "type":
                Type = ParseType(value);
                break;
            case "from":
                From = value;
                break;
            case "source" or "src":
                Source = value;
                break;
            case "target" or "dst" or "destination":
                Target = value;
                break;
            case "id":
                Id = value;
                break;
            case "sharing":
                Sharing = ParseSharing(value);
                break;
            case "size":
                Size = ByteSize.Parse(value);
                break;
            case "mode":
                Mode = Octal(value);
                break;
            case "uid":
                UserId = Number(key, value);
                break;
            case "gid":
                GroupId = Number(key, value);
                break;
            case "env":
                Environment = value;
                break;
            default:
                throw Unexpected(key, field);
        }
    }

    private void Check()
    {
        if (RequiredGiven && Type is not (MountType.Secret or MountType.Ssh))
        {
            throw new DockerfileException($"unexpected key 'required' for mount type '{Type.ToString().ToLowerInvariant()}'");
        }

        if (Mode is not null && (Type is MountType.Bind or MountType.Tmpfs))
        {
            throw new DockerfileException($"mode not allowed for \"{Type.ToString().ToLowerInvariant()}\" type mounts");
        }

        switch (Type)
        {
            case MountType.Secret when From is not null:
                throw new DockerfileException("secret mount should not have a from");
            case MountType.Secret when Source is not null && Id is not null:
                throw new DockerfileException("both source and id can't be set");
            case MountType.Secret when Source is null && Id is null && Target is null:
                throw new DockerfileException("invalid secret mount. one of source, target required");
            case MountType.Ssh when From is not null:
                throw new DockerfileException("ssh mount should not have a from");
            case MountType.Ssh when Source is not null:
                throw new DockerfileException("ssh does not support source");
            case MountType.Bind or MountType.Cache or MountType.Tmpfs when string.IsNullOrEmpty(Target):
                throw new DockerfileException("target is required: --mount wants target=PATH");
            default:
                Id ??= Type == MountType.Secret ? Source : null;
                break;
        }
    }

    private static MountType ParseType(string value) => value switch
    {
        "bind" => MountType.Bind,
        "cache" => MountType.Cache,
        "tmpfs" => MountType.Tmpfs,
        "secret" => MountType.Secret,
        "ssh" => MountType.Ssh,
        _ => throw new DockerfileException($"unsupported mount type \"{value}\"{Suggestion.Text(value, Types)}"),
    };

    private static CacheSharing ParseSharing(string value) => value switch
    {
        "shared" => CacheSharing.Shared,
        "private" => CacheSharing.Private,
        "locked" => CacheSharing.Locked,
        _ => throw new DockerfileException(
            $"unsupported sharing value \"{value}\"{Suggestion.Text(value, ["shared", "private", "locked"])}"),
    };

    private static bool Truth(string key, string value) => value.ToLowerInvariant() switch
    {
        "true" or "1" or "t" => true,
        "false" or "0" or "f" => false,
        _ => throw new DockerfileException($"invalid value for {key}: {value}"),
    };

    private static uint Number(string key, string value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new DockerfileException($"invalid value for {key}: {value}");

    private static uint Octal(string value)
    {
        var mode = 0u;
        foreach (var digit in value)
        {
            mode = digit is >= '0' and <= '7' && mode <= 0xFFFF
                ? (mode * 8) + (uint)(digit - '0')
                : throw new DockerfileException($"invalid value {value} for mode");
        }

        return value.Length > 0 ? mode : throw new DockerfileException("invalid value for mode: it is empty");
    }

    private static DockerfileException Unexpected(string key, string field) =>
        new($"unexpected key '{key}' in '{field}'{Suggestion.Text(key, Keys)}");
}
