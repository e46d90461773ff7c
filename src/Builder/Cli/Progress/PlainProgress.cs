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
    private readonly Dictionary<string, Stream> _unfinished = [];

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
                    var place = looked.Step.Platform.Length > 0 ? $"{looked.Step.Place} "
                        : looked.Step.Stages > 1 ? $"[{looked.Step.Stage}/{looked.Step.Stages}] {looked.Step.Number}/{looked.Step.Count} " : "";
                    Line(error, $"    {place}not cached: {reason}");
                    break;
                case StepOutput written:
                    var target = written.Stream == OutputStream.StandardOutput ? output : error;
                    if (written.Step.Platform.Length > 0)
                    {
                        WriteLines(target, written.Step.Place, written.Bytes.Span);
                        break;
                    }

                    target.Write(written.Bytes.Span);
                    target.Flush();
                    break;
                case StepFinished finished:
                    EndLines(finished.Step);
                    if (!hidesResults && finished.Result.Length > 0)
                    {
                        Line(output, $"{Of(finished.Step)}--> {(finished.Cached ? "Using cache " : "")}{Shorten(finished.Result)}");
                    }

                    break;
                case StepFailed failed:
                    EndLines(failed.Step);
                    break;
                case BuildWarning warning:
                    Line(error, $"[Warning] {warning.Message}");
                    break;
                case ImageCommitting committing:
                    Line(output, $"{Of(committing.Platform)}COMMIT{(committing.Names.Count > 0 ? $" {committing.Names[0]}" : "")}");
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
            Line(output, $"{Of(committed.Platform)}--> {Shorten(committed.ImageId)}");
        }

        foreach (var name in committed.Names)
        {
            Line(output, $"Successfully tagged {name}");
        }

        if (!hidesResults && committed.Platform.Length == 0)
        {
            Line(output, committed.ImageId);
        }
    }

    private static string Title(StepIdentity step)
    {
        var place = $"STEP {step.Number}/{step.Count}: {step.Text}";
        return step.Stages > 1 || step.Platform.Length > 0
            ? $"[{step.Platform}{(step.Stages > 1 && step.Platform.Length > 0 ? " " : "")}{(step.Stages > 1 ? $"{step.Stage}/{step.Stages}" : "")}] {place}"
            : place;
    }

    private static string Of(StepIdentity step) => step.Platform.Length > 0 ? $"{step.Place} " : "";

    private static string Of(string platform) => platform.Length > 0 ? $"[{platform}] " : "";

    /// <summary>Of several platforms each line says whose it is; one that isn't finished waits for its end.</summary>
    private void WriteLines(Stream target, string place, ReadOnlySpan<byte> bytes)
    {
        var key = (target == output ? "1" : "2") + place;
        if (!_unfinished.TryGetValue(key, out var line))
        {
            _unfinished.Add(key, line = new MemoryStream());
        }

        for (var end = bytes.IndexOf((byte)'\n'); end >= 0; end = bytes.IndexOf((byte)'\n'))
        {
            line.Write(bytes[..end]);
            EndLine(target, place, line);
            bytes = bytes[(end + 1)..];
        }

        line.Write(bytes);
        target.Flush();
    }

    private void EndLines(StepIdentity step)
    {
        EndLines(output, "1", step);
        EndLines(error, "2", step);
    }

    private void EndLines(Stream target, string stream, StepIdentity step)
    {
        if (_unfinished.Remove($"{stream}{step.Place}", out var line) && line.Length > 0)
        {
            EndLine(target, step.Place, line);
            target.Flush();
        }
    }

    private static void EndLine(Stream target, string place, Stream line)
    {
        target.Write(Encoding.UTF8.GetBytes($"{place} "));
        line.Position = 0;
        line.CopyTo(target);
        target.WriteByte((byte)'\n');
        line.SetLength(0);
    }

    private static string Shorten(string id) => id.Length > ShortId ? id[..ShortId] : id;

    private static void Line(Stream stream, string text)
    {
        stream.Write(Encoding.UTF8.GetBytes(text + "\n"));
        stream.Flush();
    }
}
