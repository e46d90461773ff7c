using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Cli.Report;
using Bld.Builder.Context;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Debugging;
using Bld.Builder.Store;
using Bld.Runtime.Terminals;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Cli.Commands;

/// <summary>What people get to see of one build: its progress, then what <c>--explain</c>, <c>--report</c>, <c>--trace</c> and <c>--on-failure</c> ask for.</summary>
internal sealed class BuildDisplay
{
    private readonly CommandLine _line;
    private readonly Stream _output;
    private readonly Stream _error;
    private readonly bool _hasTerminal;
    private readonly IBuildObserver _observer;
    private readonly Bld.Registry.Platform _platform;

    /// <param name="line">The command line of the build.</param>
    /// <param name="hidesResults">Whether the image's id goes elsewhere.</param>
    /// <param name="log">Where it is written.</param>
    /// <param name="platform">What the build is for.</param>
    public BuildDisplay(CommandLine line, bool hidesResults, BuildLog log, Bld.Registry.Platform platform)
    {
        _output = log.Output(platform);
        _error = log.Error(platform);
        _hasTerminal = !log.IsFile;
        _line = line;
        _platform = platform;
        _observer = Choose(hidesResults);
        if (line.Flags.Text("on-failure") is not (null or "shell"))
        {
            throw new UsageException($"invalid --on-failure {line.Flags.Text("on-failure")}: use shell");
        }
    }

    /// <summary>Whether the command line asks for several platforms: then each has files of its own.</summary>
    public bool IsOneOfSeveral { get; init; }

    /// <summary>Builds; what was asked for is written after a failure too.</summary>
    public BuildResult Build(Session session, BuildRequest request)
    {
        session.Puller.Progress = transfer => _observer.Report(new TransferMoved(transfer));
        BuildResult? result = null;
        try
        {
            return result = new BuildEngine(session.Services).Build(request with { CommandLine = Remembered() }, _observer, _line.Cancellation);
        }
        catch (BuildException) when (_line.Flags.Text("on-failure") == "shell" && !Console.IsInputRedirected && !Console.IsOutputRedirected)
        {
            (_observer as IDisposable)?.Dispose();
            EnterFailed(session);
            throw;
        }
        finally
        {
            (_observer as IDisposable)?.Dispose();
            if (result is not null || !_line.Cancellation.IsCancellationRequested)
            {
                WriteAbout(session, result);
            }
        }
    }

    /// <summary>The terminal's size, when standard output and error are one; null otherwise.</summary>
    public static Func<(int Columns, int Rows)>? Terminal()
    {
        const int StandardError = 2;
        if (Console.IsOutputRedirected || Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
        {
            return null;
        }

        var handle = new SafeFileHandle(StandardError, ownsHandle: false);
        return TerminalSize.Of(handle) is null ? null : () => TerminalSize.Of(handle) ?? (80, 24);
    }

    private IBuildObserver Choose(bool hidesResults)
    {
        var flags = _line.Flags;
        var explains = flags.Boolean("explain");
        switch (flags.Boolean("quiet") ? "quiet" : flags.Text("progress") ?? Environment.GetEnvironmentVariable("BUILDKIT_PROGRESS") ?? "auto")
        {
            case "quiet":
                return new QuietProgress(_output, hidesResults);
            case "rawjson":
                return new RawJsonProgress(_output);
            case "auto" when _hasTerminal && Terminal() is { } size:
                return new TerminalProgress(_output, _error, size, hidesResults, explains);
            case "auto" when _hasTerminal && GroupedProgress.Here is { } groups:
                return new GroupedProgress(_output, groups, hidesResults);
            case "auto" or "plain":
                return new PlainProgress(_output, _error, hidesResults, explains);
            case "tty":
                return new TerminalProgress(_output, _error, Terminal() ?? throw new UsageException("--progress=tty needs a terminal on standard output and error"), hidesResults, explains);
            case var other:
                throw new UsageException($"invalid progress \"{other}\": use auto, tty, plain, quiet or rawjson");
        }
    }

    private void WriteAbout(Session session, BuildResult? result)
    {
        if (!_line.Flags.Boolean("explain") && !_line.Flags.Has("report") && !_line.Flags.Has("trace"))
        {
            return;
        }

        var record = result?.Record ?? ExplainCommand.FindRecord(session, []);
        if (_line.Flags.Boolean("explain"))
        {
            Console.Error.Write(ExplainText.Summary(record));
        }

        if (_line.Flags.Text("report") is { } report)
        {
            ReportCommand.Write(session, record, FileName(report), CancellationToken.None);
        }

        if (_line.Flags.Text("trace") is { } trace)
        {
            TraceFile.Write(record, FileName(trace));
        }
    }

    /// <summary>The file that was asked for; with several platforms <c>page.html</c> is <c>page-linux-arm64.html</c> for one of them.</summary>
    private string FileName(string path)
    {
        var extension = Path.GetExtension(path);
        return IsOneOfSeveral ? $"{path[..^extension.Length]}-{_platform.ToString().Replace('/', '-')}{extension}" : path;
    }

    private void EnterFailed(Session session)
    {
        var failed = new FailedSteps(session.State);
        if (failed.List().FirstOrDefault() is { } step)
        {
            _ = DebugCommand.Enter(step, failed.FilesOf(step), null, _line);
        }
    }

    /// <summary>
    /// The words that <c>bld debug</c> follows again: without credentials, which are not written down. Null when they can't be followed
    /// again, because something came from standard input.
    /// </summary>
    private List<string>? Remembered()
    {
        if (_line.Arguments.Concat(_line.Flags.List("file")).Any(static word => word == "-" || GitReference.WithoutCredentials(word) != word))
        {
            return null;
        }

        var words = new List<string>();
        for (var i = 0; i < _line.Flags.Words.Count; i++)
        {
            var word = _line.Flags.Words[i];
            if (word == "--creds")
            {
                i++;
            }
            else if (!word.StartsWith("--creds=") && !word.StartsWith("--iidfile") && !word.StartsWith("--report") && !word.StartsWith("--trace") && !word.StartsWith("--on-failure"))
            {
                words.Add(word);
            }
            else if (!word.Contains('=') && word is "--iidfile" or "--report" or "--trace" or "--on-failure")
            {
                i++;
            }
        }

        return words;
    }
}
