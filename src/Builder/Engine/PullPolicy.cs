namespace Bld.Builder.Engine;

/// <summary>When a base image is fetched although one of its name may be in the store.</summary>
internal enum PullPolicy
{
    /// <summary>Only when the store has none.</summary>
    Missing,

    /// <summary>Always; the build fails when the registry doesn't answer.</summary>
    Always,

    /// <summary>When the registry's is another one; the store's when the registry doesn't answer.</summary>
    Newer,

    /// <summary>Never.</summary>
    Never,
}
