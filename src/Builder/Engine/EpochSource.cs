using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>
/// SOURCE_DATE_EPOCH as a build argument, or as the default of a global ARG: seconds, or the name of a stage that is nothing but a
/// source (<c>FROM scratch</c> and one ADD), whose time it then is: a repository's commit, an archive's newest entry, a URL's
/// Last-Modified.
/// </summary>
internal sealed class EpochSource(EngineServices services, DockerfileDocument document, CancellationToken cancellation)
{
    /// <summary>The request with its times known.</summary>
    /// <exception cref="BuildException">The value is neither seconds nor such a stage.</exception>
    public BuildRequest Resolve(BuildRequest request)
    {
        if (request.SourceDateEpoch is { } given)
        {
            return With(request, given);
        }

        var plan = BuildPlanner.Plan(document, request);
        var value = plan.GlobalArguments.GetValueOrDefault(SourceDateEpoch.Name) ?? request.BuildArguments.GetValueOrDefault(SourceDateEpoch.Name);
        if (string.IsNullOrEmpty(value))
        {
            return request;
        }

        return With(request, SourceDateEpoch.TryParse(value) ?? OfStage(plan, request, value));
    }

    private static BuildRequest With(BuildRequest request, long seconds) => request with
    {
        SourceDateEpoch = seconds,
        BuildArguments = new Dictionary<string, string>(request.BuildArguments) { [SourceDateEpoch.Name] = $"{seconds}" },
    };

    private long OfStage(BuildPlan plan, BuildRequest request, string name)
    {
        if (BuildPlan.FindStage(document, name, document.Stages.Count) is not { } index)
        {
            throw new BuildException($"invalid SOURCE_DATE_EPOCH: {name}: it is neither a number of seconds since 1970 nor the name of a stage");
        }

        var stage = document.Stages[index];
        if (plan.Stage(index).Base != "scratch" || stage.Instructions is not [AddInstruction { Sources: [var source], Heredocs.Count: 0 } add])
        {
            throw Located(stage.From.Span, $"SOURCE_DATE_EPOCH stage does not meet source-only requirements: \"{name}\" must be FROM scratch with one ADD of one URL or repository");
        }

        long? time = null;
        SourceErrors.Locate(document, add.Span, () => time = OfSource(request, WordExpander.Expand(source, plan.GlobalArguments.GetValueOrDefault, document.EscapeCharacter)));
        return time ?? throw Located(add.Span, $"the stage \"{name}\" gives no SOURCE_DATE_EPOCH: {source} says no time");
    }

    private LocatedException Located(SourceSpan span, string message) => new(document, span, new BuildException(message));

    private long? OfSource(BuildRequest request, string source)
    {
        using var remote = new RemoteSources(services.State, request.Access, cancellation);
        if (RemoteSource.IsGit(source))
        {
            var reference = GitReference.Parse(source);
            var commit = remote.Repository(reference).Resolve();
            return GitRepository.TimeOf(remote.CheckOut(reference, commit, keepsGitDirectory: true).Path, commit, cancellation);
        }

        if (!RemoteSource.IsUrl(source))
        {
            throw new BuildException("SOURCE_DATE_EPOCH stage does not meet source-only requirements: its ADD must name a URL or a repository");
        }

        var file = remote.Url(source, checksum: null).File;
        using var stream = File.OpenRead(file.Path);
        using var archive = Archives.TryOpen(stream);
        return archive is null ? file.LastModified?.ToUnixTimeSeconds() : Newest(archive);
    }

    private long? Newest(Stream archive)
    {
        using var reader = new Layers.TarReader(archive);
        long? newest = null;
        while (reader.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            newest = newest is { } known && known > entry.ModifiedAt.Seconds ? known : entry.ModifiedAt.Seconds;
        }

        return newest;
    }
}
