using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Dockerfile.Checks;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>Runs the build checks with what a request says, for <c>--check</c> and beside a build.</summary>
/// <param name="request">The build.</param>
/// <param name="findImage">The configuration of a base image by name; null for one that can't be had.</param>
internal sealed class BuildChecking(BuildRequest request, Func<string, ImageConfig?> findImage)
{
    /// <summary>Checks a whole file; one that can't be parsed is checked down to its first error.</summary>
    /// <param name="document">What could be read.</param>
    /// <param name="problems">What couldn't.</param>
    /// <param name="stages">The stages to look at; null for all.</param>
    public CheckReport Run(DockerfileDocument document, IReadOnlyList<Diagnostic> problems, IReadOnlySet<int>? stages = null) =>
        problems.Count == 0
            ? BuildChecks.Run(document, Options(document, stages))
            : BuildChecks.RunOnUnreadable(document, problems, Options(document, stages));

    /// <summary>The facts of an image that checks look at.</summary>
    public static BaseImageFacts Facts(ImageConfig config)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in config.Config?.Env ?? [])
        {
            var equals = pair.IndexOf('=');
            environment[equals < 0 ? pair : pair[..equals]] = equals < 0 ? "" : pair[(equals + 1)..];
        }

        var platform = string.IsNullOrEmpty(config.Os) || string.IsNullOrEmpty(config.Architecture)
            ? null
            : string.Join('/', new[] { config.Os, config.Architecture, config.Variant }.OfType<string>());
        return new BaseImageFacts(environment, config.Config?.Shell is { Count: > 0 }, platform, config.Config?.OnBuild);
    }

    private CheckOptions Options(DockerfileDocument document, IReadOnlySet<int>? stages)
    {
        var stage = request.Target ?? (document.Stages.Count > 0 ? document.Stages[^1].Name : null) ?? "default";
        var rules = request.Context.Source.Rules;
        return new CheckOptions
        {
            BuildArguments = request.BuildArguments,
            PlatformArguments = PlatformArguments.Of(request.Platform, Platform.Host, stage),
            TargetPlatform = request.Platform.ToString(),
            Stages = stages,
            BaseImage = name => findImage(name) is { } config ? Facts(config) : null,
            IsIgnored = rules.HasRules ? path => IsIgnored(rules, path) : null,
        };
    }

    // What a pattern, or the whole context, brings after an exception is known only to the copy itself.
    private static bool IsIgnored(IgnoreRules rules, string path) =>
        path.AsSpan().IndexOfAny("*?[") >= 0 || path == CheckOptions.WholeContext
            ? !rules.HasExceptions && rules.Excludes(path)
            : rules.ExcludesAllBelow(path);

    /// <summary>What a build has to stop of.</summary>
    /// <exception cref="BuildException">The file wants warnings to be errors, and there is one.</exception>
    public static void ThrowOnViolation(CheckReport report)
    {
        if (report.Violation is { } violation)
        {
            throw new BuildException(violation);
        }
    }
}
