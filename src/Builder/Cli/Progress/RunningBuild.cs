using System.Diagnostics;
using System.Globalization;

using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>What a terminal shows of a build: lines that are to stay, and the state of what is running.</summary>
/// <param name="explains">Whether each miss is told with its reason.</param>
internal sealed class RunningBuild(bool explains)
{
    private const int MostTail = 6;
    private static readonly string[] Spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly List<RunningStep> _running = [];
    private readonly List<StyledLine> _staying = [];
    private readonly Dictionary<string, int> _cached = [];
    private readonly Dictionary<string, int> _planned = [];
    private readonly TransferBars _transfers = new();
    private int _done;
    private int _allCached;
    private int _frame;

    /// <summary>The steps that went wrong.</summary>
    public List<RunningStep> Failed { get; } = [];

    /// <summary>The image, when there is one.</summary>
    public string? ImageId { get; private set; }

    /// <summary>Takes an event.</summary>
    public void Take(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildPlanned planned:
                _planned[planned.Platform] = planned.Stages.Sum(static stage => stage.Value.Count);
                break;
            case StepStarted started:
                _running.Add(new RunningStep(started.Step));
                break;
            case StepLookedUp looked when Find(looked.Step) is { } step:
                step.IsWaiting = false;
                step.Reason = explains ? looked.Reason : null;
                break;
            case StepOutput written:
                Find(written.Step)?.Output.Add(written.Bytes.Span);
                break;
            case StepFinished finished:
                Finish(finished);
                break;
            case StepFailed failed when Find(failed.Step) is { } step:
                _running.Remove(step);
                step.Title = new StyledLine(LineStyle.Bad, $"✗ {step.Name}", Time(step.Elapsed));
                Failed.Add(step);
                break;
            case BuildWarning warning:
                _staying.Add(new StyledLine(LineStyle.Bold, $"! {TerminalText.Clean(warning.Message.ReplaceLineEndings(" "))}"));
                break;
            case TransferMoved moved:
                if (_transfers.Take(moved.Transfer) is { } finishedTransfer)
                {
                    _staying.Add(finishedTransfer);
                }

                break;
            case ImageCommitted committed:
                Commit(committed);
                break;
            default:
                break;
        }
    }

    /// <summary>The lines that have to stay and aren't on the terminal yet.</summary>
    public List<StyledLine> TakeStaying()
    {
        var staying = new List<StyledLine>(_staying);
        _staying.Clear();
        return staying;
    }

    /// <summary>The live lines for a terminal of that size.</summary>
    public IReadOnlyList<StyledLine> Live(int columns, int rows)
    {
        if (ImageId is not null)
        {
            return [];
        }

        var steps = 0;
        foreach (var count in _planned.Values)
        {
            steps += count;
        }

        var total = steps > 0 ? $"/{steps}" : "";
        var cached = _allCached > 0 ? $", {_allCached} cached" : "";
        var lines = new List<StyledLine>
        {
            new(LineStyle.Bold, $"{Spinner[_frame++ % Spinner.Length]} {(steps > 0 || _running.Count > 0 ? $"{_done}{total} steps{cached}" : "working")}", Time(Stopwatch.GetElapsedTime(_began))),
        };
        var bars = _transfers.Lines(Math.Min(columns, 100));
        var shown = _running.Where(static step => step.Elapsed.TotalMilliseconds > 150).OrderBy(static step => step.IsWaiting).ToList();
        var room = rows - lines.Count - bars.Count;
        var tail = shown.Count == 0 ? 0 : Math.Clamp((room - shown.Count) / shown.Count, 0, MostTail);
        foreach (var step in shown)
        {
            if (lines.Count + 1 >= rows)
            {
                break;
            }

            lines.Add(new StyledLine(step.IsWaiting ? LineStyle.Dim : LineStyle.Busy, $"{(step.IsWaiting ? "◦" : "▸")} {step.Name}", Time(step.Elapsed)));
            lines.AddRange(step.Output.Last(tail).Select(static text => new StyledLine(LineStyle.Dim, $"  │ {text}")));
        }

        lines.AddRange(bars);
        return lines.Count > rows ? lines.GetRange(0, Math.Max(0, rows)) : lines;
    }

    /// <summary>A time as a margin shows it.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalMinutes):0}m{time.Seconds:00}s");

    private void Finish(StepFinished finished)
    {
        _done++;
        if (Find(finished.Step) is not { } step)
        {
            return;
        }

        _running.Remove(step);
        if (finished.Cached)
        {
            _allCached++;
            _cached[Stage(finished.Step)] = _cached.GetValueOrDefault(Stage(finished.Step)) + 1;
            if (finished.Step.Number == finished.Step.Count)
            {
                TellOfCached(finished.Step);
            }

            return;
        }

        if (finished.Result.Length > 0 || step.Elapsed.TotalSeconds > 1)
        {
            TellOfCached(finished.Step);
            _staying.Add(new StyledLine(LineStyle.Good, $"✓ {step.Name}", Time(step.Elapsed)));
            if (step.Reason is { } reason)
            {
                _staying.Add(new StyledLine(LineStyle.Dim, $"  not cached: {reason}"));
            }
        }
        else if (finished.Step.Number == finished.Step.Count)
        {
            TellOfCached(finished.Step);
        }
    }

    private void TellOfCached(StepIdentity step)
    {
        if (_cached.Remove(Stage(step), out var count))
        {
            var stage = step.Stages > 1 || step.Platform.Length > 0 ? $" [{Stage(step)}]" : "";
            _staying.Add(new StyledLine(LineStyle.Dim, $"={stage} {count} {(count == 1 ? "step" : "steps")} cached"));
        }
    }

    private static string Stage(StepIdentity step) =>
        step.Platform.Length == 0 ? step.StageName : step.Stages > 1 ? $"{step.Platform} {step.StageName}" : step.Platform;

    private void Commit(ImageCommitted committed)
    {
        const int ShortId = 12;
        var isLast = committed.Platform.Length == 0;
        ImageId = isLast ? committed.ImageId : null;
        var names = committed.Names.Count > 0 ? string.Join(", ", committed.Names) : isLast ? "image" : committed.Platform;
        var cached = isLast && _allCached > 0 ? $"  ({_allCached} cached)" : "";
        _staying.Add(new StyledLine(LineStyle.Bold, $"✓ {names} {committed.ImageId[..ShortId]}{cached}", Time(Stopwatch.GetElapsedTime(_began))));
    }

    private RunningStep? Find(StepIdentity step) => _running.Find(each => each.Step.IsSame(step));
}

/// <summary>A step that is running.</summary>
internal sealed class RunningStep(StepIdentity step)
{
    private readonly long _began = Stopwatch.GetTimestamp();

    public StepIdentity Step { get; } = step;

    public OutputTail Output { get; } = new();

    /// <summary>Whether it still waits for a stage, or for the digest of what it reads.</summary>
    public bool IsWaiting { get; set; } = true;

    public string? Reason { get; set; }

    /// <summary>What is shown above its output when it failed.</summary>
    public StyledLine Title { get; set; } = new(LineStyle.Plain, "");

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    /// <summary>Place and instruction.</summary>
    public string Name { get; } =
        $"{step.Place} {TerminalText.Clean(step.Text.ReplaceLineEndings(" "))}";
}
