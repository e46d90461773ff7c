namespace Bld.Builder.Engine;

/// <summary>Build arguments that speak to the builder, not to the Dockerfile; nobody need declare them.</summary>
internal static class SpecialArguments
{
    /// <summary>The host name that commands see.</summary>
    internal const string Hostname = "BUILDKIT_SANDBOX_HOSTNAME";

    /// <summary>Put before the id of every cache mount.</summary>
    internal const string CacheNamespace = "BUILDKIT_CACHE_MOUNT_NS";

    /// <summary>Whether ADD and the context of a git URL keep <c>.git</c>.</summary>
    internal const string KeepGitDirectory = "BUILDKIT_CONTEXT_KEEP_GIT_DIR";

    /// <summary>Whether the image carries its cache, as <c>--cache-to type=inline</c> says.</summary>
    internal const string InlineCache = "BUILDKIT_INLINE_CACHE";

    /// <summary>Whether a build for one platform too gives an index of images.</summary>
    internal const string MultiPlatform = "BUILDKIT_MULTI_PLATFORM";

    /// <summary>Whether nobody need declare an argument.</summary>
    public static bool Contains(string name) =>
        name.StartsWith("BUILDKIT_") || name == SourceDateEpoch.Name || ProxyArguments.Contains(name);
}
