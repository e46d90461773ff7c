using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>
/// Builds an image for each of several platforms and lists them in an index (OCI image-spec, "Image Index"), which gets the names.
/// What the platforms have in common, such as stages on the build platform, is found in the cache by all but the first.
/// </summary>
internal sealed class MultiPlatformBuild(EngineServices services)
{
    /// <summary>Builds them one after the other; nothing is named before all are there.</summary>
    /// <param name="request">What all of them are asked to be.</param>
    /// <param name="platforms">What they are for.</param>
    /// <param name="build">Builds for one platform.</param>
    /// <exception cref="BuildException">One of them can't be built; none is named then.</exception>
    public MultiPlatformResult Build(BuildRequest request, IReadOnlyList<Platform> platforms, Func<BuildRequest, BuildResult> build)
    {
        var images = new List<BuildResult>();
        foreach (var platform in platforms)
        {
            images.Add(build(request with { Platform = platform, Names = [] }));
        }

        var mediaType = request.Format == ImageFormat.Docker ? MediaTypes.DockerList : MediaTypes.OciIndex;
        var index = new ImageIndex { MediaType = mediaType, Manifests = [.. images.Select(static image => image.Manifest)] }.ToJson();
        var stored = services.Images.AddIndex(index, mediaType, request.Names);
        return new MultiPlatformResult(images, new BuildResult(stored.Id, stored.ManifestDigest, request.Names)
        {
            Manifest = new Descriptor { MediaType = mediaType, Digest = stored.ManifestDigest, Size = index.Length },
        });
    }
}

/// <summary>What such a build made.</summary>
/// <param name="Images">The images, in the platforms' order.</param>
/// <param name="Index">The index; its id is its digest's.</param>
internal sealed record MultiPlatformResult(IReadOnlyList<BuildResult> Images, BuildResult Index);
