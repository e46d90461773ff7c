using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>Finds what <c>--all-platforms</c> means: the platforms that every base image of the needed stages has.</summary>
internal sealed class AllPlatforms(EngineServices services, BuildRequest request)
{
    /// <summary>The platforms, in the order of the first base image's index.</summary>
    /// <exception cref="BuildException">No stage has a base image, or they have no platform in common.</exception>
    public IReadOnlyList<Platform> Find(CancellationToken cancellation)
    {
        var document = DockerfileParser.Parse(request.DockerfileText, request.DockerfileName);
        var plan = BuildPlanner.Plan(document, request);
        var names = plan.Needed.Select(plan.Stage)
            .Where(static stage => stage is { BaseStage: null, Platform: null } && stage.Base != "scratch")
            .Select(static stage => stage.Base)
            .Distinct()
            .ToList();
        if (names.Count == 0)
        {
            throw new BuildException("--all-platforms: no stage has a base image whose platforms could be taken; name them by --platform");
        }

        IReadOnlyList<Platform>? common = null;
        foreach (var name in names)
        {
            var offered = services.Puller.Platforms(request.SourcePolicy?.Image(name) ?? name, cancellation);
            common = common is null ? offered : [.. common.Where(each => offered.Any(each.Accepts))];
        }

        return common is { Count: > 0 }
            ? common
            : throw new BuildException($"--all-platforms: {string.Join(", ", names)} have no platform in common");
    }
}
