using System.Text;

using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>
/// Prints a build line by line as Buildah does, because scripts read it: steps, the commands' standard output and results on
/// standard output; warnings and the commands' standard error on standard error.
/// </summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="hidesResults">With <c>--iidfile</c> neither <c>--&gt;</c> lines nor the id are printed.</param>
/// <param name="explains">Whether each miss is told with its reason, on standard error.</param>
internal sealed class PlainProgress(Stream output, Stream error, bool hidesResults, bool explains = false) : IBuildObserver
{
    private const int ShortId = 12;
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        lock (_gate)
        {
            switch (happened)
            {
                case StepStarted started:
                    Line(output, Title(started.Step));
                    break;
                case StepLookedUp { Reason: { } reason } looked when explains:
                    var place = looked.Step.Stages > 1 ? $"[{looked.Step.Stage}/{looked.Step.Stages}] {looked.Step.Number}/{looked.Step.Count} " : "";
                    Line(error, $"    {place}not cached: {reason}");
                    break;
                case StepOutput written:
                    var target = written.Stream == OutputStream.StandardOutput ? output : error;
                    target.Write(written.Bytes.Span);
                    target.Flush();
                    break;
                case StepFinished finished when !hidesResults && finished.Result.Length > 0:
                    Line(output, $"--> {(finished.Cached ? "Using cache " : "")}{Shorten(finished.Result)}");
                    break;
                case BuildWarning warning:
                    Line(error, $"[Warning] {warning.Message}");
                    break;
                case ImageCommitting committing:
                    Line(output, committing.Names.Count > 0 ? $"COMMIT {committing.Names[0]}" : "COMMIT");
                    break;
                case ImageCommitted committed:
                    Finish(committed);
                    break;
                default:
                    break;
            }
        }
    }

    private void Finish(ImageCommitted committed)
    {
        if (!hidesResults)
        {
            Line(output, $"--> {Shorten(committed.ImageId)}");
        }

        foreach (var name in committed.Names)
        {
            Line(output, $"Successfully tagged {name}");
        }

        if (!hidesResults)
        {
            Line(output, committed.ImageId);
        }
    }

    private static string Title(StepIdentity step)
    {
        var place = $"STEP {step.Number}/{step.Count}: {step.Text}";
        return step.Stages > 1 ? $"[{step.Stage}/{step.Stages}] {place}" : place;
    }

    private static string Shorten(string id) => id.Length > ShortId ? id[..ShortId] : id;

    private static void Line(Stream stream, string text)
    {
        stream.Write(Encoding.UTF8.GetBytes(text + "\n"));
        stream.Flush();
    }
}
