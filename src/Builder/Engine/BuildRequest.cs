using Bld.Builder.Context;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Sbom;
using Bld.Builder.Engine.SharedCache;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>The formats in which an image's manifest and configuration can be written.</summary>
internal enum ImageFormat
{
    Oci,
    Docker,
}

/// <summary>Everything that one build is asked to do.</summary>
internal sealed record BuildRequest
{
    /// <summary>The files that COPY, ADD and bind mounts take from; disposed of by the caller.</summary>
    public required BuildContext Context { get; init; }

    /// <summary>The text of the Dockerfile; several <c>-f</c> are joined.</summary>
    public required string DockerfileText { get; init; }

    /// <summary>The Dockerfile's name as errors show it.</summary>
    public required string DockerfileName { get; init; }

    /// <summary>Normalised names for the image; none gives an image without a name.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Name or index of the stage that is wanted; null for the last.</summary>
    public string? Target { get; init; }

    public IReadOnlyDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels set after the last instruction.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Environment that stages start with; ENV overrides it (<c>--env</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>What is said of the image besides what is in it.</summary>
    public ImageMetadata Metadata { get; init; } = new();

    /// <summary>Whether the annotations of the base image are kept.</summary>
    public bool InheritAnnotations { get; init; } = true;

    /// <summary>Whether the labels of the base image are kept.</summary>
    public bool InheritLabels { get; init; } = true;

    /// <summary>Value of the configuration's <c>os.version</c>; null keeps the base's.</summary>
    public string? OsVersion { get; init; }

    /// <summary>Names added to the configuration's <c>os.features</c>; with a <c>-</c> behind it one is taken out.</summary>
    public IReadOnlyList<string> OsFeatures { get; init; } = [];

    /// <summary>Whether every stage that was built becomes an image without a name.</summary>
    public bool SaveStages { get; init; }

    /// <summary>Whether images get labels with their stage's name and base.</summary>
    public bool StageLabels { get; init; }

    /// <summary>Labels of the images that <see cref="SaveStages"/> keeps.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> StageImageLabels { get; init; } = [];

    /// <summary>Whether stages that the target doesn't need are left out.</summary>
    public bool SkipUnusedStages { get; init; } = true;

    /// <summary>Whether what RUN changes below a VOLUME is undone.</summary>
    public bool CompatVolumes { get; init; }

    /// <summary>Whether RUN gets the caller's standard input.</summary>
    public bool PassesInput { get; init; }

    /// <summary>Mounts of every RUN, as its <c>--mount</c> takes them.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = [];

    /// <summary>Which sources are allowed, and what replaces them; null for all as they are.</summary>
    public SourcePolicy? SourcePolicy { get; init; }

    /// <summary>Whether results of earlier builds are used.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Stages that are built anew even so (<c>--no-cache-filter</c>).</summary>
    public IReadOnlyList<string> UncachedStages { get; init; } = [];

    /// <summary>Where results of other machines are looked for.</summary>
    public IReadOnlyList<CacheReference> CacheFrom { get; init; } = [];

    /// <summary>Where this build's results are written for others.</summary>
    public IReadOnlyList<CacheReference> CacheTo { get; init; } = [];

    /// <summary>How old an earlier result may be (<c>--cache-ttl</c>); null for any age.</summary>
    public TimeSpan? CacheLifetime { get; init; }

    /// <summary>Whether each instruction keeps its own layer; otherwise a stage gives one.</summary>
    public bool Layers { get; init; } = true;

    /// <summary>Registries that the image will be pushed to, so that its layers can be sent while it is built.</summary>
    public IReadOnlyList<PushTarget> PushTargets { get; init; } = [];

    /// <summary>Whether everything, the base included, becomes one layer.</summary>
    public bool Squash { get; init; }

    /// <summary>Whether something will be attested of the image, so that it must not be another's.</summary>
    public bool IsAttested { get; init; }

    /// <summary>The SBOM that goes into the image; null for none.</summary>
    public SbomRequest? Sbom { get; init; }

    public PullPolicy PullPolicy { get; init; }

    public ImageFormat Format { get; init; }

    /// <summary>Seconds since 1970 that replace the time of the build, and that no file's time in a layer exceeds.</summary>
    public long? SourceDateEpoch { get; init; }

    /// <summary>Seconds since 1970 that every file in a layer gets as its time (<c>--timestamp</c>).</summary>
    public long? Timestamp { get; init; }

    /// <summary>What the image is built for.</summary>
    public Platform Platform { get; init; } = Platform.Host;

    /// <summary>Whether it is built beside others for other platforms.</summary>
    public bool IsOneOfSeveral { get; init; }

    /// <summary>How many RUNs go on at once.</summary>
    public int Jobs { get; init; } = System.Environment.ProcessorCount;

    public RunSettings Run { get; init; } = new();

    /// <summary>Other contexts by name: a directory, <c>docker-image://</c>, <c>container-image://</c>, <c>docker://</c>, <c>oci-layout://</c>, a git or http URL.</summary>
    public IReadOnlyDictionary<string, string> NamedContexts { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, SecretSource> Secrets { get; init; } = new Dictionary<string, SecretSource>();

    /// <summary>Agents' sockets by id.</summary>
    public IReadOnlyDictionary<string, string> SshSockets { get; init; } = new Dictionary<string, string>();

    /// <summary>What sources that lie elsewhere are asked with.</summary>
    public RemoteAccess Access => new(Secrets, SshSockets, Fetching);

    /// <summary>How the servers of sources that lie elsewhere are spoken to.</summary>
    public RegistryOptions Fetching { get; init; } = new();

    /// <summary>Entitlements given by <c>--allow</c>: <c>security.insecure</c>, <c>network.host</c>.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>The words of the command line, for <c>bld debug</c>; null when failed steps aren't to be kept.</summary>
    public IReadOnlyList<string>? CommandLine { get; init; }

    /// <summary>A failed step to go into; null for a build.</summary>
    public Debugging.DebugRequest? Debug { get; init; }

    /// <summary>The image that replaces the first FROM's (<c>--from</c>).</summary>
    public string? From { get; init; }

    /// <summary>Value of the author field; null keeps the base's.</summary>
    public string? Author { get; init; }
}

/// <summary>What a build made.</summary>
/// <param name="ImageId">64 hex digits of the configuration's digest.</param>
/// <param name="ManifestDigest">The manifest's digest.</param>
/// <param name="Names">The names that now mean the image.</param>
internal sealed record BuildResult(string ImageId, Digest ManifestDigest, IReadOnlyList<string> Names)
{
    /// <summary>What the store remembers of the build.</summary>
    public History.BuildRecord? Record { get; init; }

    /// <summary>The software in the image, where the build looked for it (<see cref="BuildRequest.Sbom"/>).</summary>
    public BillOfMaterials? Bill { get; init; }

    /// <summary>The manifest as an index lists it.</summary>
    public required Descriptor Manifest { get; init; }
}
