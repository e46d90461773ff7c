using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Cli.Report;
using Bld.Builder.Context;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Debugging;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Terminals;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Cli.Commands;

/// <summary>What people get to see of a build: its progress, then what <c>--explain</c>, <c>--report</c>, <c>--trace</c> and <c>--on-failure</c> ask for.</summary>
internal sealed class BuildDisplay : IDisposable
{
    private readonly CommandLine _line;
    private readonly BuildLog _log;
    private readonly bool _hidesResults;
    private IBuildObserver[] _observers = [];

    /// <param name="line">The command line of the build.</param>
    /// <param name="hidesResults">Whether the image's id goes elsewhere.</param>
    /// <param name="log">Where it is written.</param>
    public BuildDisplay(CommandLine line, bool hidesResults, BuildLog log)
    {
        _line = line;
        _log = log;
        _hidesResults = hidesResults;
        if (line.Flags.Text("on-failure") is not (null or "shell"))
        {
            throw new UsageException($"invalid --on-failure {line.Flags.Text("on-failure")}: use shell");
        }
    }

    /// <summary>Builds for each platform, and of several an index; what was asked for is written after a failure too.</summary>
    public (IReadOnlyList<BuildResult> Images, BuildResult Result) Build(Session session, BuildRequest request, IReadOnlyList<Platform> platforms)
    {
        _observers = new IBuildObserver[_log.Splits ? platforms.Count : 1];
        for (var i = 0; i < _observers.Length; i++)
        {
            _observers[i] = new WarnOnce(Choose(_log.Output(platforms[i]), _log.Error(platforms[i])));
        }

        session.Puller.Progress = transfer => _observers[0].Report(new TransferMoved(transfer));
        request = request with { CommandLine = Remembered() };
        IReadOnlyList<BuildResult>? images = null;
        try
        {
            if (platforms is [var platform] && !BudResult.WantsIndex(request))
            {
                images = [new BuildEngine(session.Services).Build(request with { Platform = platform }, _observers[0], _line.Cancellation)];
                return (images, images[0]);
            }

            var built = new MultiPlatformBuild(session.Services, _observers).Build(request, platforms, _line.Cancellation);
            images = built.Images;
            return (images, built.Index);
        }
        catch (BuildException) when (_line.Flags.Text("on-failure") == "shell" && !Console.IsInputRedirected && !Console.IsOutputRedirected)
        {
            Dispose();
            EnterFailed(session);
            throw;
        }
        finally
        {
            Dispose();
            if (images is not null || !_line.Cancellation.IsCancellationRequested)
            {
                for (var i = 0; i < platforms.Count; i++)
                {
                    WriteAbout(session, images?[i], platforms.Count > 1 ? platforms[i] : null);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var observer in _observers)
        {
            (observer as IDisposable)?.Dispose();
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

    private IBuildObserver Choose(Stream output, Stream error)
    {
        var (hasTerminal, hidesResults) = (!_log.IsFile, _hidesResults);
        var flags = _line.Flags;
        var explains = flags.Boolean("explain");
        switch (flags.Boolean("quiet") ? "quiet" : flags.Text("progress") ?? Environment.GetEnvironmentVariable("BUILDKIT_PROGRESS") ?? "auto")
        {
            case "quiet":
                return new QuietProgress(output, hidesResults);
            case "rawjson":
                return new RawJsonProgress(output);
            case "auto" when hasTerminal && Terminal() is { } size:
                return new TerminalProgress(output, error, size, hidesResults, explains);
            case "auto" when hasTerminal && GroupedProgress.Here is { } groups:
                return new GroupedProgress(output, groups, hidesResults);
            case "auto" or "plain":
                return new PlainProgress(output, error, hidesResults, explains);
            case "tty":
                return new TerminalProgress(output, error, Terminal() ?? throw new UsageException("--progress=tty needs a terminal on standard output and error"), hidesResults, explains);
            case var other:
                throw new UsageException($"invalid progress \"{other}\": use auto, tty, plain, quiet or rawjson");
        }
    }

    private void WriteAbout(Session session, BuildResult? result, Platform? platform)
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
            ReportCommand.Write(session, record, FileName(report, platform), CancellationToken.None);
        }

        if (_line.Flags.Text("trace") is { } trace)
        {
            TraceFile.Write(record, FileName(trace, platform));
        }
    }

    /// <summary>The file that was asked for; with several platforms <c>page.html</c> is <c>page-linux-arm64.html</c> for one of them.</summary>
    private static string FileName(string path, Platform? platform)
    {
        var extension = Path.GetExtension(path);
        return platform is null ? path : $"{path[..^extension.Length]}-{platform.ToString().Replace('/', '-')}{extension}";
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
            if (word is "--creds" or "--decryption-key")
            {
                i++;
            }
            else if (!word.StartsWith("--creds=") && !word.StartsWith("--decryption-key=") && !word.StartsWith("--iidfile") && !word.StartsWith("--report") && !word.StartsWith("--trace") && !word.StartsWith("--on-failure"))
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
