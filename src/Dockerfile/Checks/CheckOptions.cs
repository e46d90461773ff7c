namespace Bld.Dockerfile.Checks;

/// <summary>What the checks have to know besides the file.</summary>
public sealed record CheckOptions
{
    /// <summary>
    /// The build arguments. <c>BUILDKIT_DOCKERFILE_CHECK</c> among them takes the place of the file's <c># check=</c> directive.
    /// </summary>
    public IReadOnlyDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The values of <c>TARGETPLATFORM</c> and the like. Those that are missing count as declared and empty.</summary>
    public IReadOnlyDictionary<string, string> PlatformArguments { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The platform to build for; base images of another one are told of.</summary>
    public string TargetPlatform { get; init; } = "linux/amd64";

    /// <summary>
    /// The stages to look at, by index: a build looks at those that it needs. Null for all, as <c>--check</c> does. Checks that need no
    /// more than the text look at the whole file in any case.
    /// </summary>
    public IReadOnlySet<int>? Stages { get; init; }

    /// <summary>
    /// Finds a base image by its name with variables replaced; null for one that isn't known, about whose variables nothing is said then.
    /// </summary>
    public Func<string, BaseImageFacts?> BaseImage { get; init; } = static _ => null;

    /// <summary>
    /// Whether the ignore rules hide a path of the build context (relative, cleaned; also <see cref="WholeContext"/>) with all below it. Null when
    /// there are no rules.
    /// </summary>
    public Func<string, bool>? IsIgnored { get; init; }

    /// <summary>Stands for the context itself: no file has this name, so only rules that hide everything hide it.</summary>
    public const string WholeContext = "\uE000";
}
