using Bld.Builder.Engine;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld bud --check</c>: prints what the build checks find and builds nothing. Images that aren't in the store are not
/// fetched for it: nothing is said about their variables then.</summary>
internal static class CheckRun
{
    private const int FoundSomething = 1;

    /// <summary>Checks all stages; one line for each warning. The exit code is 1 when there is one.</summary>
    /// <exception cref="BuildException">The file wants warnings to be errors, or the build would fail of it.</exception>
    /// <exception cref="DockerfileException">The file can't be parsed; the warnings above the error have been printed.</exception>
    public static int Run(BuildRequest request, ImageStore images)
    {
        var document = DockerfileParser.Read(request.DockerfileText, request.DockerfileName, out var problems);
        var report = new BuildChecking(request, name => BuildWarnings.Find(request, images, name)).Run(document, problems);
        Console.Out.Write(string.Concat(report.Warnings.Select(static warning => $"{warning}\n")));

        if (problems.Count > 0)
        {
            throw new DockerfileException(document.Source, problems);
        }

        if (report.Error is { } error)
        {
            throw new BuildException(SourceExcerpt.Format(document.Source, error));
        }

        BuildChecking.ThrowOnViolation(report);
        Console.Error.WriteLine(report.Warnings.Count switch
        {
            0 => "Check complete, no warnings found.",
            1 => "Check complete, 1 warning has been found!",
            var count => $"Check complete, {count} warnings have been found!",
        });
        return report.Warnings.Count == 0 ? 0 : FoundSomething;
    }
}
