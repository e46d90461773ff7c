using System.Runtime.ExceptionServices;

using Bld.Builder.Engine.SharedCache;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>
/// Builds an image for each of several platforms, side by side, and lists them in an index (OCI image-spec, "Image Index"), which gets the
/// names. Steps that platforms have in common, such as those of stages on the build platform, are made once.
/// </summary>
/// <param name="services">The parts of the program.</param>
/// <param name="observers">Hear of the platforms' builds: each of its own, or one of all. The first hears of the index as the last.</param>
internal sealed class MultiPlatformBuild(EngineServices services, IReadOnlyList<IBuildObserver> observers)
{
    /// <summary>Builds them; nothing is named before all are there.</summary>
    /// <param name="request">What all of them are asked to be.</param>
    /// <param name="platforms">What they are for.</param>
    /// <param name="cancellation">Stops them.</param>
    /// <exception cref="BuildException">One of them can't be built: the others were stopped, and none is named.</exception>
    public MultiPlatformResult Build(BuildRequest request, IReadOnlyList<Platform> platforms, CancellationToken cancellation)
    {
        var first = observers[0];
        var images = BrokenCacheException.Avoid(request, first, each => BuildAll(each, platforms, cancellation));
        first.Report(new ImageCommitting(request.Names));
        var mediaType = request.Format == ImageFormat.Docker ? MediaTypes.DockerList : MediaTypes.OciIndex;
        var index = new ImageIndex { MediaType = mediaType, Manifests = [.. images.Select(static image => image.Manifest)] }.ToJson();
        var stored = services.Images.AddIndex(index, mediaType, request.Names);
        first.Report(new ImageCommitted(stored.Id, request.Names));
        return new MultiPlatformResult(images, new BuildResult(stored.Id, stored.ManifestDigest, request.Names)
        {
            Manifest = new Descriptor { MediaType = mediaType, Digest = stored.ManifestDigest, Size = index.Length },
        });
    }

    private BuildResult[] BuildAll(BuildRequest request, IReadOnlyList<Platform> platforms, CancellationToken cancellation)
    {
        using var commons = new BuildCommons(services, request, observers[0], cancellation);
        var images = new BuildResult[platforms.Count];
        ExceptionDispatchInfo? failure = null;
        var threads = new Thread[platforms.Count];
        for (var i = 0; i < threads.Length; i++)
        {
            var at = i;
            threads[i] = new Thread(() => Run(at)) { IsBackground = true, Name = $"{platforms[i]}" };
            threads[i].Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        failure?.Throw();
        return images;

        void Run(int i)
        {
            try
            {
                images[i] = new BuildEngine(services).Build(
                    request with { Platform = platforms[i], Names = [], IsOneOfSeveral = true }, observers[Math.Min(i, observers.Count - 1)], commons);
            }
            catch (Exception exception)
            {
                // A thread's top. What failed first says why; the others were only told to stop.
                var wasFirst = Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null) is null;
                if (!wasFirst && failure.SourceException is OperationCanceledException && exception is not OperationCanceledException)
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }

                commons.Stop();
            }
        }
    }
}

/// <summary>What such a build made.</summary>
/// <param name="Images">The images, in the platforms' order.</param>
/// <param name="Index">The index; its id is its digest's.</param>
internal sealed record MultiPlatformResult(IReadOnlyList<BuildResult> Images, BuildResult Index);
