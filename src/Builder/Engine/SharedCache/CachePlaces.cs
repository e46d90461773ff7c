using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>Opens what <c>--cache-from</c> and <c>--cache-to</c> name, and does what they ask for at a build's beginning and end.</summary>
internal static class CachePlaces
{
    /// <summary>What the build can read from; null when nothing is named.</summary>
    public static SharedCacheReader? OpenReader(EngineServices services, BuildRequest request, Action<string> warn, CancellationToken cancellation)
    {
        if (request.CacheFrom.Count == 0 || !request.UseCache)
        {
            return null;
        }

        var places = new List<ICachePlace>();
        foreach (var reference in request.CacheFrom)
        {
            try
            {
                places.Add(Open(services, reference, request.Platform, writes: false));
            }
            catch (RegistryException exception)
            {
                warn($"the cache {reference} is not used: {exception.Message}");
            }
        }

        return new SharedCacheReader(services, places, warn, cancellation);
    }

    /// <summary>Writes the build's steps to every place that is named; what fails is told and no more.</summary>
    /// <param name="session">The build.</param>
    /// <param name="target">The stage that became the image.</param>
    /// <param name="all">All stages that were built.</param>
    public static void WriteAll(BuildSession session, StageResult target, Func<IEnumerable<StageResult>> all)
    {
        foreach (var reference in session.Request.CacheTo)
        {
            if (reference.Kind == CachePlaceKind.Inline)
            {
                continue;
            }

            Write(session, reference, writer => writer.Write(reference.AllStages ? all() : [target], session.Cancellation));
            if (reference.Mounts)
            {
                Write(session, reference, writer => writer.WriteMounts(session.UsedCaches.Keys, session.Now, session.Cancellation));
            }
        }
    }

    private static void Write(BuildSession session, CacheReference reference, Action<SharedCacheWriter> write)
    {
        try
        {
            using var place = Open(session.Services, reference, session.Request.Platform, writes: true);
            write(new SharedCacheWriter(session.Services, place, reference, session.Request.Platform));
        }
        catch (Exception exception) when (exception is RegistryException or BuildException or IOException or UnauthorizedAccessException)
        {
            session.Observer.Report(new BuildWarning($"the image is built, but its steps are not all in the cache {reference}: {exception.Message}", IsLoss: true));
        }
    }

    private static ICachePlace Open(EngineServices services, CacheReference reference, Platform platform, bool writes) =>
        reference.Kind == CachePlaceKind.Registry
            ? new RegistryCachePlace(reference, services.Transports, platform)
            : new DirectoryCachePlace(reference.Place, writes);
}
