using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Dockerfile.Checks;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>
/// Tells of what the build checks find during a build. They run before the first step, with the base images that the store has; when
/// one of them has to be fetched first, they run again at the end and tell what is new.
/// </summary>
internal sealed class BuildWarnings(BuildRequest request, ImageStore images, IBuildObserver observer)
{
    private readonly HashSet<string> _told = [];
    private bool _missedAnImage;

    /// <summary>Parses the request's Dockerfile; of one that can't be parsed, what stands above the first error is checked all the same.</summary>
    /// <exception cref="DockerfileException">Everything that is wrong in it.</exception>
    public DockerfileDocument Parse()
    {
        var document = DockerfileParser.Read(request.DockerfileText, request.DockerfileName, out var problems);
        if (problems.Count > 0)
        {
            Tell(new BuildChecking(request, static _ => null).Run(document, problems));
            throw new DockerfileException(document.Source, problems);
        }

        return document;
    }

    /// <summary>Checks the stages that are built.</summary>
    /// <exception cref="BuildException">The file wants warnings to be errors, and there is one.</exception>
    public void TellOfStages(BuildPlan plan)
    {
        var report = new BuildChecking(request, Find).Run(plan.Document, [], plan.Needed.ToHashSet());
        Tell(report);
        BuildChecking.ThrowOnViolation(report);
    }

    /// <summary>Checks again when an image was missing before, which now is in the store.</summary>
    /// <exception cref="BuildException">The file wants warnings to be errors, and there is one.</exception>
    public void TellOfNewImages(BuildPlan plan)
    {
        if (_missedAnImage)
        {
            TellOfStages(plan);
        }
    }

    private void Tell(CheckReport report)
    {
        foreach (var text in report.Warnings.Select(static warning => warning.ToString()).Where(_told.Add))
        {
            observer.Report(new BuildWarning(text));
        }
    }

    private ImageConfig? Find(string name)
    {
        var config = Find(request, images, name);
        _missedAnImage |= config is null;
        return config;
    }

    private static StoredImage? OfPlatform(ImageStore images, StoredImage stored, Platform platform)
    {
        if (!stored.IsIndex)
        {
            return stored;
        }

        var chosen = PlatformChoice.Choose(ImageIndex.Parse(images.ReadManifest(stored)), platform);
        return chosen is null ? null : images.FindManifest(chosen.Digest);
    }

    /// <summary>The configuration of an image, or of the one that a named context puts in its place; null when the store hasn't got it.</summary>
    public static ImageConfig? Find(BuildRequest request, ImageStore images, string name)
    {
        const string DockerImage = "docker-image://";
        if (request.NamedContexts.TryGetValue(name, out var context))
        {
            if (!context.StartsWith(DockerImage))
            {
                return null;
            }

            name = context[DockerImage.Length..];
        }

        foreach (var candidate in ImageNames.Candidates(name))
        {
            if (images.Find(candidate) is { } stored)
            {
                return OfPlatform(images, stored, request.Platform) is { } image ? ImageConfig.Parse(images.ReadConfig(image)) : null;
            }
        }

        return null;
    }
}
