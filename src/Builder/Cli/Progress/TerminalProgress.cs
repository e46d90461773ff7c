using Bld.Builder.Cli.Settings;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>
/// Shows a build on a terminal: what is finished stays, a line each and cached steps folded; what is running is drawn below with its time
/// and its last lines, side by side for all stages. The output of a step that failed comes whole, at the end. A thread of its own draws
/// ten times a second, so that a build never waits for its terminal.
/// </summary>
internal sealed class TerminalProgress : IBuildObserver, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private readonly Stream _output;
    private readonly Stream _terminal;
    private readonly LiveRegion _region;
    private readonly bool _hidesResults;
    private readonly RunningBuild _build;
    // Not disposed of: it has no handle, and who disposes twice asks it.
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    /// <param name="output">Gets the image's id at the end, for scripts.</param>
    /// <param name="terminal">Gets everything else.</param>
    /// <param name="size">The terminal's size.</param>
    /// <param name="hidesResults">Whether the id goes elsewhere.</param>
    /// <param name="explains">Whether each miss is told with its reason.</param>
    public TerminalProgress(Stream output, Stream terminal, Func<(int Columns, int Rows)> size, bool hidesResults, bool explains)
    {
        _output = output;
        _terminal = terminal;
        _region = new LiveRegion(terminal, size);
        _hidesResults = hidesResults;
        _build = new RunningBuild(explains);
        _thread = new Thread(Draw, 256 * 1024) { IsBackground = true, Name = "progress" };
        _thread.Start();
        Notices.Display = message => Report(new BuildWarning(message));
    }

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        lock (_gate)
        {
            _build.Take(happened);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stop.IsSet)
        {
            return;
        }

        Notices.Display = null;
        _stop.Set();
        _thread.Join();
        _region.Draw(_build.TakeStaying(), static (_, _) => []);
        _region.Close();
        foreach (var failed in _build.Failed)
        {
            _region.Draw([failed.Title], static (_, _) => [], failed.Output.All);
            if (failed.Output.Dropped > 0)
            {
                _region.Draw([new StyledLine(LineStyle.Dim, $"({failed.Output.Dropped} bytes more were left out; --progress=plain shows everything)")], static (_, _) => []);
            }
        }

        if (_build.Failed.Exists(static step => step.Name.Contains("] RUN ", StringComparison.OrdinalIgnoreCase)))
        {
            _region.Draw([new StyledLine(LineStyle.Dim, "bld debug enters the container of the step as it is now")], static (_, _) => []);
        }

        _region.Close();
        if (_build.ImageId is { } id && !_hidesResults)
        {
            _output.Write(System.Text.Encoding.UTF8.GetBytes(id + "\n"));
            _output.Flush();
        }

        _terminal.Flush();
    }

    private void Draw()
    {
        try
        {
            while (!_stop.Wait(Period))
            {
                lock (_gate)
                {
                    _region.Draw(_build.TakeStaying(), _build.Live);
                }
            }
        }
        catch (IOException)
        {
            // The terminal is gone; the build goes on.
        }
    }
}
