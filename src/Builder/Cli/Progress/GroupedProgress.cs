using System.Buffers;
using System.Globalization;
using System.Text;

using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>How a build service wants its log folded.</summary>
internal enum LogGroups
{
    /// <summary>GitHub Actions: <c>::group::</c> and <c>::endgroup::</c>.</summary>
    GitHub,

    /// <summary>GitLab CI: <c>section_start</c> and <c>section_end</c>.</summary>
    GitLab,
}

/// <summary>
/// Plain lines in groups that the log of a build service folds, one for each step that runs. Groups can't lie in each other: one step
/// writes at once, those of other stages keep what they have to say until it is their turn.
/// </summary>
internal sealed class GroupedProgress(Stream output, LogGroups kind, bool hidesResults) : IBuildObserver
{
    private readonly Lock _gate = new();
    private readonly List<Group> _groups = [];
    private int _sections;

    /// <summary>The kind of the service that this process runs in; null when it is none of them.</summary>
    public static LogGroups? Here =>
        Environment.GetEnvironmentVariable("GITHUB_ACTIONS") == "true" ? LogGroups.GitHub
        : Environment.GetEnvironmentVariable("GITLAB_CI") == "true" ? LogGroups.GitLab
        : null;

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        lock (_gate)
        {
            Take(happened);
        }
    }

    private void Take(BuildEvent happened)
    {
        switch (happened)
        {
            case StepStarted started:
                _groups.Add(new Group(started.Step));
                break;
            case StepLookedUp { Reason: { } reason } looked:
                Write(looked.Step, Encoding.UTF8.GetBytes($"not cached: {reason}\n"));
                break;
            case StepOutput written:
                Write(written.Step, written.Bytes.Span);
                break;
            case StepFinished finished:
                Finish(finished.Step, finished.Cached ? "cached" : $"done in {RunningBuild.Time(finished.Elapsed)}");
                break;
            case StepFailed failed:
                Finish(failed.Step, $"failed with exit code {failed.ExitCode}");
                break;
            case BuildWarning warning:
                Line(kind == LogGroups.GitHub ? $"::warning::{warning.Message.ReplaceLineEndings("%0A")}" : $"[Warning] {warning.Message}");
                break;
            case ImageCommitted committed:
                foreach (var name in committed.Names)
                {
                    Line($"Successfully tagged {name}");
                }

                if (!hidesResults)
                {
                    Line(committed.Platform.Length > 0 ? $"[{committed.Platform}] {committed.ImageId}" : committed.ImageId);
                }

                break;
            default:
                break;
        }
    }

    private void Write(StepIdentity step, ReadOnlySpan<byte> bytes)
    {
        if (Find(step) is not { } group)
        {
            return;
        }

        group.Waiting.Write(bytes);
        if (group.IsOpen || !_groups.Exists(static each => each.IsOpen))
        {
            Flush(group);
        }
    }

    /// <summary>Writes what a group has to say; it is the open one now, and the others wait.</summary>
    private void Flush(Group group)
    {
        if (!group.IsOpen)
        {
            group.IsOpen = true;
            group.Section = $"step_{++_sections}";
            Line(kind == LogGroups.GitHub
                ? $"::group::{group.Title}"
                : $"\u001b[0Ksection_start:{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}:{group.Section}\r\u001b[0K{group.Title}");
        }

        output.Write(group.Waiting.WrittenSpan);
        group.Waiting.ResetWrittenCount();
        output.Flush();
    }

    private void Finish(StepIdentity step, string how)
    {
        if (Find(step) is not { } group)
        {
            return;
        }

        group.End = how;
        if (!group.IsOpen && _groups.Exists(static each => each.IsOpen))
        {
            return;
        }

        Close(group);
        while (_groups.Find(static each => each.End is not null) is { } finished)
        {
            Close(finished);
        }

        if (_groups.Find(static each => each.Waiting.WrittenCount > 0) is { } next)
        {
            Flush(next);
        }
    }

    private void Close(Group group)
    {
        _groups.Remove(group);
        if (group.IsOpen || group.Waiting.WrittenCount > 0)
        {
            Flush(group);
            Line(kind == LogGroups.GitHub ? "::endgroup::" : $"\u001b[0Ksection_end:{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}:{group.Section}\r\u001b[0K");
        }

        Line(string.Create(CultureInfo.InvariantCulture, $"{group.Title}: {group.End}"));
    }

    private Group? Find(StepIdentity step) => _groups.Find(each => each.Step.IsSame(step));

    private void Line(string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text + "\n"));
        output.Flush();
    }

    private sealed class Group(StepIdentity step)
    {
        public StepIdentity Step { get; } = step;

        public string Title { get; } =
            step.Platform.Length > 0 ? $"{step.Place} {step.Text}"
            : $"{(step.Stages > 1 ? $"[{step.Stage}/{step.Stages}] " : "")}STEP {step.Number}/{step.Count}: {step.Text}";

        public ArrayBufferWriter<byte> Waiting { get; } = new();

        public string Section { get; set; } = "";

        public bool IsOpen { get; set; }

        public string? End { get; set; }
    }
}
