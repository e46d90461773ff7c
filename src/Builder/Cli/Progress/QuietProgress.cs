using System.Text;

using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>Prints the image's id at the end, and before it what was asked for and not done; the output of commands only if somebody asks why a step failed.</summary>
/// <param name="output">Standard output.</param>
/// <param name="hidesResults">With <c>--iidfile</c> the id isn't printed.</param>
internal sealed class QuietProgress(Stream output, bool hidesResults) : IBuildObserver
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        if (happened is ImageCommitted { Platform: "" } committed && !hidesResults)
        {
            lock (_gate)
            {
                output.Write(Encoding.UTF8.GetBytes(committed.ImageId + "\n"));
                output.Flush();
            }
        }

        if (happened is BuildWarning { IsLoss: true } loss)
        {
            Console.Error.WriteLine($"[Warning] {loss.Message}");
        }
    }
}
