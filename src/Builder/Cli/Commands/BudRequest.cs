using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Builder.Engine.SharedCache;
using Bld.Builder.Layers;
using Bld.Dockerfile;
using Bld.Runtime.Linux;

namespace Bld.Builder.Cli.Commands;

/// <summary>Turns the flags of <c>bld bud</c> into a request.</summary>
internal static class BudRequest
{
    public static BuildRequest Create(ParsedFlags flags, BuildInput input)
    {
        var arguments = Arguments(flags);
        var format = Format(flags.Text("format") ?? Environment.GetEnvironmentVariable("BUILDAH_FORMAT") ?? "oci");
        var cacheTo = CacheFlags.To(flags.List("cache-to"));
        if (format == ImageFormat.Docker && cacheTo.Any(static each => each.Kind == CachePlaceKind.Inline))
        {
            throw new UsageException("--cache-to type=inline needs --format oci: Docker's manifests have no place for it");
        }

        if (format == ImageFormat.Oci && ParsedFlags.Truth(arguments.GetValueOrDefault(SpecialArguments.InlineCache, "")) == true
            && !cacheTo.Any(static each => each.Kind == CachePlaceKind.Inline))
        {
            cacheTo = [.. cacheTo, new CacheReference(CachePlaceKind.Inline, "")];
        }

        var request = new BuildRequest
        {
            Context = input.Context,
            DockerfileText = input.DockerfileText,
            DockerfileName = input.DockerfileName,
            Names = Names(flags),
            Target = flags.Text("target"),
            BuildArguments = arguments,
            UseCache = !flags.Boolean("no-cache") && Ttl(flags) is not { Ticks: 0 },
            CacheFrom = CacheFlags.From(flags.List("cache-from")),
            CacheTo = cacheTo,
            CacheLifetime = Ttl(flags),
            CompatVolumes = flags.Boolean("compat-volumes"),
            SkipUnusedStages = flags.Boolean("skip-unused-stages", otherwise: true),
            Mounts = flags.List("mount"),
            PassesInput = flags.Boolean("stdin"),
            SourcePolicy = flags.Text("source-policy-file") is { } policy ? SourcePolicy.Read(policy) : null,
            UncachedStages = flags.List("no-cache-filter"),
            Layers = flags.Boolean("layers", otherwise: Environment.GetEnvironmentVariable("BUILDAH_LAYERS") is not ("false" or "0")),
            Squash = flags.Boolean("squash"),
            IsAttested = AttestFlags.Provenance(flags) is not null || AttestFlags.WantSbom(flags),
            Sbom = BudAttestations.InImage(flags, Names(flags)),
            PullPolicy = Pull(flags),
            Format = format,
            SourceDateEpoch = Epoch(flags, arguments),
            Timestamp = flags.Number("timestamp"),
            Platform = PlatformFlags.Read(flags)[0],
            Jobs = Jobs(flags),
            Run = RunFlags.Read(flags),
            NamedContexts = NamedContexts(flags),
            Secrets = input.Access.Secrets,
            SshSockets = input.Access.SshSockets,
            Fetching = input.Access.Fetching,
            Allowed = flags.List("allow"),
            From = flags.Text("from"),
        };
        if (flags.Has("timestamp") && flags.Has("source-date-epoch"))
        {
            throw new UsageException("--timestamp and --source-date-epoch can't be given together: the former is every file's time, the latter the latest that a file may have");
        }

        return ImageFlags.Apply(request, flags);
    }

    private static Dictionary<string, string> NamedContexts(ParsedFlags flags)
    {
        var contexts = new Dictionary<string, string>(ContextNames.Comparer);
        foreach (var (name, value) in NamedValues.Pairs(flags.List("build-context")))
        {
            contexts[name] = value.Length > 0 ? value : throw new UsageException($"while parsing additional build context: [\"{name}\"], accepts value in the form of key=value");
        }

        return contexts;
    }

    /// <summary>What file times in tarballs become.</summary>
    public static LayerOptions Times(ParsedFlags flags) => new(
        Epoch(flags, Arguments(flags)) is { } epoch ? new FileTime(epoch, 0) : null,
        flags.Number("timestamp") is { } time ? new FileTime(time, 0) : null);

    /// <summary>The names that the image gets in the store.</summary>
    public static IReadOnlyList<string> Names(ParsedFlags flags) =>
        BudOutput.IsForCacheAlone(flags) ? [] : [.. flags.List("tag").Select(static tag => ImageDestination.Parse(tag).Name).OfType<string>()];

    /// <summary>What sources that lie elsewhere are asked with.</summary>
    public static RemoteAccess Access(ParsedFlags flags, SshAgents agents) => new(Secrets(flags), agents.Sockets, RegistryFlags.Read(flags));

    private static int Jobs(ParsedFlags flags) => flags.Number("jobs") switch
    {
        < 0 => throw new UsageException("invalid value for jobs: it must be a positive integer, or 0 for as many as there are processors"),
        null or 0 => Environment.ProcessorCount,
        { } jobs => (int)jobs,
    };

    private static Dictionary<string, SecretSource> Secrets(ParsedFlags flags)
    {
        var secrets = new Dictionary<string, SecretSource>();
        foreach (var secret in flags.List("secret").Select(SecretSource.Parse))
        {
            secrets[secret.Id] = secret;
        }

        return secrets;
    }

    private static long? Epoch(ParsedFlags flags, Dictionary<string, string> arguments)
    {
        const string Name = SourceDateEpoch.Name;
        return flags.Text("source-date-epoch") is { } given ? SourceDateEpoch.Parse(given, "--source-date-epoch")
            : arguments.TryGetValue(Name, out var argument) ? SourceDateEpoch.TryParse(argument)
            : SourceDateEpoch.Parse(Environment.GetEnvironmentVariable(Name), "the environment");
    }

    internal static PullPolicy Pull(ParsedFlags flags)
    {
        string[] names = ["pull", "pull-always", "pull-never"];
        return names.Count(flags.Has) > 1
            ? throw new UsageException("can only set one of 'pull' or 'pull-always' or 'pull-never'")
            : PolicyOf(flags);
    }

    private static PullPolicy PolicyOf(ParsedFlags flags) =>
        flags.Boolean("pull-always") ? PullPolicy.Always
        : flags.Boolean("pull-never") ? PullPolicy.Never
        : Policy(flags.Text("pull"));

    /// <summary>The policy of a name that Buildah has or had for it; missing without one.</summary>
    internal static PullPolicy Policy(string? name) => name?.ToLowerInvariant() switch
    {
        null or "missing" or "ifmissing" or "notpresent" or "ifnotpresent" => PullPolicy.Missing,
        "always" or "true" => PullPolicy.Always,
        "never" or "false" => PullPolicy.Never,
        "newer" or "ifnewer" => PullPolicy.Newer,
        var other => throw new UsageException($"unsupported pull policy \"{other}\": use always, missing, never or newer"),
    };

    internal static ImageFormat Format(string text) => text switch
    {
        "oci" => ImageFormat.Oci,
        "docker" => ImageFormat.Docker,
        _ => throw new UsageException($"unrecognized image type \"{text}\": use oci or docker"),
    };

    /// <summary>The build arguments by name; what stands on the command line goes before what stands in a file.</summary>
    public static Dictionary<string, string> Arguments(ParsedFlags flags)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in NamedValues.OrCaller(flags.List("build-arg-file").SelectMany(NamedValues.Lines).Concat(flags.List("build-arg"))))
        {
            arguments[name] = value;
        }

        return arguments;
    }

    private static TimeSpan? Ttl(ParsedFlags flags) => flags.Text("cache-ttl") switch
    {
        null => null,
        "0" => TimeSpan.Zero,
        var text => Lifetime(text),
    };

    private static TimeSpan Lifetime(string text)
    {
        try
        {
            return RegistryFlags.Duration(text);
        }
        catch (DockerfileException exception)
        {
            throw new UsageException($"unable to parse value provided \"{text}\" as --cache-ttl: {exception.Message}");
        }
    }
}
