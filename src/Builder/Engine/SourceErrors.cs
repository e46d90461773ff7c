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
        && exception is BuildException or DockerfileException or RegistryException or ContainerException or UserLookupException or IOException or UnauthorizedAccessException or FormatException;
}

/// <summary>An error with its place in the Dockerfile: the excerpt with the lines marked, then the sentence.</summary>
internal sealed class LocatedException(DockerfileDocument document, SourceSpan span, Exception cause)
    : BuildException(SourceExcerpt.Format(document.Source, new Diagnostic(cause.Message, span, FocusOf(document, span, cause))), cause)
{
    /// <summary>Whether who watches the build has heard of it.</summary>
    public bool IsTold { get; set; }

    /// <summary>Where the word stands that the error is about; null when it can't be found, as when it came out of a variable.</summary>
    private static SourceSpan? FocusOf(DockerfileDocument document, SourceSpan span, Exception cause)
    {
        if (cause is not BuildException { Word: { Length: > 0 } word })
        {
            return null;
        }

        for (var line = span.StartLine; line <= Math.Min(span.EndLine, document.Source.Lines.Count); line++)
        {
            var text = document.Source.Lines[line - 1];
            for (var at = text.IndexOf(word); at >= 0; at = text.IndexOf(word, at + 1))
            {
                if (IsWhole(text, at, word.Length))
                {
                    return new SourceSpan(line, at + 1, line, at + word.Length);
                }
            }
        }

        return null;
    }

    private static bool IsWhole(string line, int start, int length) =>
        (start == 0 || !char.IsLetterOrDigit(line[start - 1])) && (start + length == line.Length || !char.IsLetterOrDigit(line[start + length]));
}
