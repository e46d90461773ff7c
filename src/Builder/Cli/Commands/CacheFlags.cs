using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.SharedCache;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>Reads <c>--cache-from</c> and <c>--cache-to</c>: <c>type=…,key=value</c> as BuildKit has it, or the name of a repository as Buildah has it.</summary>
internal static class CacheFlags
{
    /// <summary>Where steps' results are looked for.</summary>
    /// <exception cref="UsageException">A text means no place.</exception>
    public static IReadOnlyList<CacheReference> From(IReadOnlyList<string> texts) => [.. texts.Select(static text => Parse("--cache-from", text, "src"))];

    /// <summary>Where they are written.</summary>
    /// <exception cref="UsageException">A text means no place.</exception>
    public static IReadOnlyList<CacheReference> To(IReadOnlyList<string> texts) => [.. texts.Select(static text => Parse("--cache-to", text, "dest"))];

    private static CacheReference Parse(string flag, string text, string directoryKey)
    {
        if (!text.Contains('=', StringComparison.Ordinal))
        {
            return text.Length > 0 ? new CacheReference(CachePlaceKind.Registry, text) { AllStages = true } : throw new UsageException($"{flag} names no place");
        }

        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in text.Split(','))
        {
            var equals = field.IndexOf('=');
            if (equals < 0 || !fields.TryAdd(field[..equals].Trim(), field[(equals + 1)..].Trim()))
            {
                throw new UsageException($"{flag} {text}: \"{field}\" is no key=value, or its key comes twice");
            }
        }

        var reference = fields.GetValueOrDefault("type") switch
        {
            "registry" => new CacheReference(CachePlaceKind.Registry, Needed("ref")),
            "local" => new CacheReference(CachePlaceKind.Directory, Path.GetFullPath(Needed(directoryKey))),
            "inline" when directoryKey == "dest" => new CacheReference(CachePlaceKind.Inline, ""),
            "inline" => throw new UsageException($"{flag} {text}: the cache of an image is read by type=registry,ref=IMAGE"),
            null => throw new UsageException($"{flag} {text}: say type=registry, type=local or type=inline"),
            var other => throw new UsageException($"{flag} {text}: type {other} is not supported; use registry, local or inline"),
        };
        return reference with
        {
            AllStages = fields.GetValueOrDefault("mode", "min") switch
            {
                "min" => false,
                "max" => true,
                var other => throw new UsageException($"{flag} {text}: mode {other} is neither min nor max"),
            },
            Compression = fields.GetValueOrDefault("compression", "gzip") switch
            {
                "gzip" => LayerCompression.Gzip,
                "zstd" => LayerCompression.Zstd,
                "uncompressed" => LayerCompression.None,
                var other => throw new UsageException($"{flag} {text}: compression {other} is not supported; use gzip, zstd or uncompressed"),
            },
            Level = Level(),
            Mounts = fields.GetValueOrDefault("mounts", "false") switch
            {
                "false" => false,
                "true" when fields["type"] != "inline" => true,
                "true" => throw new UsageException($"{flag} {text}: an image has no place for cache mounts; use type=registry or type=local"),
                var other => throw new UsageException($"{flag} {text}: mounts={other} is neither true nor false"),
            },
        };

        string Needed(string key) =>
            fields.GetValueOrDefault(key) is { Length: > 0 } value ? value : throw new UsageException($"{flag} {text}: {key}=… is missing");

        int? Level() => fields.GetValueOrDefault("compression-level") switch
        {
            null => null,
            var number when int.TryParse(number, out var level) && level is >= 0 and <= 22 => level,
            var other => throw new UsageException($"{flag} {text}: compression-level {other} is no number from 0 to 22"),
        };
    }
}
