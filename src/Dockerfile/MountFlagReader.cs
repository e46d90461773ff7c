using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>Reads one <c>--mount</c> value, field by field, and checks that its fields go together.</summary>
internal sealed class MountFlagReader(bool mayHoldVariables)
{
    private static readonly string[] Types = ["bind", "cache", "tmpfs", "secret", "ssh"];

    private static readonly string[] Sharings = ["shared", "private", "locked"];

    private static readonly string[] Keys =
    [
        "type", "from", "source", "target", "readonly", "readwrite", "id", "sharing", "required", "size", "mode", "uid", "gid",
        "src", "dst", "destination", "ro", "rw", "env",
    ];

    private const string Propagation = "bind-propagation";

    private static readonly string[] Propagations = ["shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable"];

    private static readonly string[] BuildahKeys =
    [
        "z", "Z", "U", "relabel", "tmpcopyup", "notmpcopyup", Propagation, "bind-nonrecursive", "tmpfs-size", "tmpfs-mode",
        "nosuid", "suid", "nodev", "dev", "noexec", "exec", "no-dereference", "consistency", .. Propagations,
    ];

    private MountType _type;
    private string? _from;
    private string? _source;
    private string? _target;
    private string? _id;
    private string? _environment;
    private CacheSharing? _sharing;
    private bool? _required;
    private long? _size;
    private uint? _mode;
    private uint? _user;
    private uint? _group;
    private bool? _readOnly;
    private List<string>? _extras;
    private bool _complete = true;

    internal MountFlag Read(string text)
    {
        foreach (var field in CsvFields.Split(text))
        {
            var equals = field.IndexOf('=');
            if (equals < 0)
            {
                SetAlone(field);
            }
            else if (mayHoldVariables && field[..equals] != "from" && field.AsSpan(equals).Contains('$'))
            {
                _complete = false;
            }
            else
            {
                Set(field[..equals], field[(equals + 1)..], field);
            }
        }

        if (_complete)
        {
            CheckFields();
            CheckType();
        }

        return new MountFlag
        {
            Type = _type,
            From = _from,
            Source = _source,
            Target = _target,
            IsReadOnly = _readOnly ?? _type is not (MountType.Cache or MountType.Tmpfs),
            Id = _id ?? (_type == MountType.Secret ? _source : null),
            Sharing = _sharing ?? CacheSharing.Shared,
            IsRequired = _required ?? false,
            Size = _size,
            Mode = _mode,
            UserId = _user,
            GroupId = _group,
            Environment = _environment,
            Extras = _extras ?? (IReadOnlyList<string>)[],
        };
    }

    private void SetAlone(string field)
    {
        switch (field.ToLowerInvariant())
        {
            case "readonly" or "read-only" or "ro":
                _readOnly = true;
                break;
            case "readwrite" or "rw":
                _readOnly = false;
                break;
            case "required":
                _required = true;
                break;
            case var _ when BuildahKeys.Contains(field):
                (_extras ??= []).Add(field);
                break;
            default:
                throw new DockerfileException($"invalid field '{field}' must be a key=value pair{Suggestion.Text(field, Keys)}");
        }
    }

    private void Set(string name, string value, string field)
    {
        var key = name.ToLowerInvariant();
        switch (key)
        {
            case "type":
                _type = (MountType)Choose(value, Types, $"unsupported mount type \"{value}\"");
                break;
            case "from":
                _from = value;
                break;
            case "source" or "src":
                _source = value;
                break;
            case "target" or "dst" or "destination":
                _target = value;
                break;
            case "readonly" or "read-only" or "ro":
                _readOnly = Truth(key, value);
                break;
            case "readwrite" or "rw":
                _readOnly = !Truth(key, value);
                break;
            case "required":
                _required = Truth(key, value);
                break;
            case "id":
                _id = value;
                break;
            case "sharing":
                _sharing = (CacheSharing)Choose(value, Sharings, $"unsupported sharing value \"{value}\"");
                break;
            case "size":
                _size = Size(value);
                break;
            case "mode":
                _mode = Octal(value);
                break;
            case "uid":
                _user = Number(key, value);
                break;
            case "gid":
                _group = Number(key, value);
                break;
            case "env":
                _environment = value;
                break;
            default:
                if (!BuildahKeys.Contains(name))
                {
                    throw new DockerfileException($"unexpected key '{key}' in '{field}'{Suggestion.Text(key, Keys)}");
                }

                if (name == Propagation && !Propagations.Contains(value))
                {
                    throw new DockerfileException($"invalid mount option \"{field}\": the propagation is one of {string.Join(", ", Propagations)}");
                }

                (_extras ??= []).Add(field);
                break;
        }
    }

    private void CheckFields()
    {
        var type = Types[(int)_type];
        if (_required is not null && _type is not (MountType.Secret or MountType.Ssh))
        {
            throw new DockerfileException($"unexpected key 'required' for mount type '{type}'");
        }

        if (_size is not null && _type != MountType.Tmpfs)
        {
            throw new DockerfileException($"unexpected key 'size' for mount type '{type}'");
        }

        if (_sharing is not null && _type != MountType.Cache)
        {
            throw new DockerfileException($"invalid cache sharing set for {type} mount");
        }

        var ownership = _mode is not null ? "mode" : _user is not null ? "uid" : _group is not null ? "gid" : null;
        if (ownership is not null && _type is (MountType.Bind or MountType.Tmpfs))
        {
            throw new DockerfileException($"{ownership} not allowed for \"{type}\" type mounts");
        }
    }

    private void CheckType()
    {
        var problem = _type switch
        {
            MountType.Secret when _from is not null => "secret mount should not have a from",
            MountType.Secret when _source is not null && _id is not null => "both source and id can't be set",
            MountType.Secret when string.IsNullOrEmpty(_source ?? _id ?? _target) => "invalid secret mount. one of source, target required",
            MountType.Ssh when _from is not null => "ssh mount should not have a from",
            MountType.Ssh when _source is not null => "ssh does not support source",
            MountType.Bind or MountType.Cache or MountType.Tmpfs when string.IsNullOrEmpty(_target) =>
                "target is required: --mount wants target=PATH",
            _ => null,
        };
        if (problem is not null)
        {
            throw new DockerfileException(problem);
        }
    }

    private static int Choose(string value, string[] words, string complaint) =>
        Array.IndexOf(words, value.ToLowerInvariant()) is var index and >= 0
            ? index
            : throw new DockerfileException(complaint + Suggestion.Text(value, words));

    private static bool Truth(string key, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new DockerfileException($"invalid value for {key}: {value}"),
    };

    private static uint Number(string key, string value) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new DockerfileException($"invalid value {value} for {key}");

    private static uint Octal(string value)
    {
        const uint Most = uint.MaxValue >> 3;
        var mode = value.Length > 0 ? 0u : throw new DockerfileException($"invalid value {value} for mode");
        foreach (var digit in value)
        {
            mode = digit is >= '0' and <= '7' && mode <= Most
                ? (mode * 8) + (uint)(digit - '0')
                : throw new DockerfileException($"invalid value {value} for mode");
        }

        return mode;
    }

    private static long Size(string value)
    {
        try
        {
            return ByteSize.Parse(value);
        }
        catch (DockerfileException)
        {
            throw new DockerfileException($"invalid value for size: {value}");
        }
    }
}
