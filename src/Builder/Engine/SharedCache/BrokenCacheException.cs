using Bld.Builder.Store;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>A layer that the shared cache promised, and that was counted on by all that came after, can't be had.</summary>
internal sealed class BrokenCacheException(string message, Exception inner) : BuildException(message, inner)
{
    /// <summary>Builds, and builds again without the shared cache when it breaks: what is here already is used again, the rest is made.</summary>
    public static T Avoid<T>(BuildRequest request, IBuildObserver observer, Func<BuildRequest, T> build)
        where T : class
    {
        try
        {
            return build(request);
        }
        catch (BrokenCacheException exception)
        {
            observer.Report(new BuildWarning($"{exception.Message}; the build begins again without it"));
            return build(request with { CacheFrom = [] });
        }
    }
}
