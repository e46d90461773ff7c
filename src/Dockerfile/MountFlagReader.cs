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

    private static readonly string[] BuildahKeys = ["z", "Z", "U", "relabel", "tmpcopyup", "notmpcopyup", "bind-propagation"];

    private readonly List<string> _extras = [];
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);
    private MountFlag _mount = new();
    private bool? _readOnly;
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
            else if (mayHoldVariables && field.AsSpan(equals).Contains('$'))
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

        return _mount with
        {
            IsReadOnly = _readOnly ?? _mount.Type is not (MountType.Cache or MountType.Tmpfs),
            Id = _mount.Id ?? (_mount.Type == MountType.Secret ? _mount.Source : null),
            Extras = _extras,
        };
    }

    private void SetAlone(string field)
    {
        switch (field.ToLowerInvariant())
        {
            case "readonly" or "ro":
                _readOnly = true;
                break;
            case "readwrite" or "rw":
                _readOnly = false;
                break;
            case "required":
                Give("required", _mount with { IsRequired = true });
                break;
            case var _ when BuildahKeys.Contains(field):
                _extras.Add(field);
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
                _mount = _mount with { Type = (MountType)Choose(value, Types, $"unsupported mount type \"{value}\"") };
                break;
            case "from":
                Give("from", _mount with { From = value });
                break;
            case "source" or "src":
                Give("source", _mount with { Source = value });
                break;
            case "target" or "dst" or "destination":
                Give("target", _mount with { Target = value });
                break;
            case "readonly" or "ro":
                _readOnly = Truth(key, value);
                break;
            case "readwrite" or "rw":
                _readOnly = !Truth(key, value);
                break;
            case "required":
                Give(key, _mount with { IsRequired = Truth(key, value) });
                break;
            case "id":
                Give(key, _mount with { Id = value });
                break;
            case "sharing":
                Give(key, _mount with { Sharing = (CacheSharing)Choose(value, Sharings, $"unsupported sharing value \"{value}\"") });
                break;
            case "size":
                Give(key, _mount with { Size = Size(value) });
                break;
            case "mode":
                Give(key, _mount with { Mode = Octal(value) });
                break;
            case "uid":
                Give(key, _mount with { UserId = Number(key, value) });
                break;
            case "gid":
                Give(key, _mount with { GroupId = Number(key, value) });
                break;
            case "env":
                Give(key, _mount with { Environment = value });
                break;
            default:
                if (!BuildahKeys.Contains(name))
                {
                    throw new DockerfileException($"unexpected key '{key}' in '{field}'{Suggestion.Text(key, Keys)}");
                }

                _extras.Add(field);
                break;
        }
    }

    private void Give(string key, MountFlag mount)
    {
        _given.Add(key);
        _mount = mount;
    }

    private void CheckFields()
    {
        var type = Types[(int)_mount.Type];
        if (_given.Contains("required") && _mount.Type is not (MountType.Secret or MountType.Ssh))
        {
            throw new DockerfileException($"unexpected key 'required' for mount type '{type}'");
        }

        if (_given.Contains("sharing") && _mount.Type != MountType.Cache)
        {
            throw new DockerfileException($"invalid cache sharing set for {type} mount");
        }

        foreach (var key in (string[])["mode", "uid", "gid"])
        {
            if (_given.Contains(key) && _mount.Type is MountType.Bind or MountType.Tmpfs)
            {
                throw new DockerfileException($"{key} not allowed for \"{type}\" type mounts");
            }
        }
    }

    private void CheckType()
    {
        var problem = _mount.Type switch
        {
            MountType.Secret when _given.Contains("from") => "secret mount should not have a from",
            MountType.Secret when _given.Contains("source") && _given.Contains("id") => "both source and id can't be set",
            MountType.Secret when string.IsNullOrEmpty(_mount.Source ?? _mount.Id ?? _mount.Target) =>
                "invalid secret mount. one of source, target required",
            MountType.Ssh when _given.Contains("from") => "ssh mount should not have a from",
            MountType.Ssh when _given.Contains("source") => "ssh does not support source",
            MountType.Bind or MountType.Cache or MountType.Tmpfs when string.IsNullOrEmpty(_mount.Target) =>
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
