using Bld.Builder.Cache;

namespace Bld.Builder.Engine;

/// <summary>A step of a stage that made a layer.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Layer">Index of its layer among the stage's.</param>
/// <param name="Created">When it ran.</param>
/// <param name="Cached">Whether its result was there before this build.</param>
internal sealed record StageStep(CacheKey Key, int Layer, DateTimeOffset Created, bool Cached);
