using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;
using Bld.Runtime;
using Bld.Runtime.Users;

namespace Bld.Builder.Engine;

/// <summary>Says of an error which lines of the Dockerfile it is about.</summary>
internal static class SourceErrors
{
    private const int ExitCodeOfErrors = 125;

    /// <summary>Runs <paramref name="action"/>; an error that has no place yet gets that of <paramref name="span"/>.</summary>
    public static void Locate(DockerfileDocument document, SourceSpan span, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (IsAboutTheStep(exception))
        {
            throw new LocatedException(document, span, exception) { ExitCode = (exception as BuildException)?.ExitCode ?? ExitCodeOfErrors };
        }
    }

    private static bool IsAboutTheStep(Exception exception) =>
        exception is not (LocatedException or OperationCanceledException)
        && exception is BuildException or DockerfileException or RegistryException or ContainerException or UserLookupException or IOException or UnauthorizedAccessException;
}

/// <summary>An error with its place in the Dockerfile: the excerpt with the lines marked, then the sentence.</summary>
internal sealed class LocatedException(DockerfileDocument document, SourceSpan span, Exception cause)
    : BuildException(SourceExcerpt.Format(document, span, cause.Message), cause)
{
    /// <summary>Whether who watches the build has heard of it.</summary>
    public bool IsTold { get; set; }
}
