using Bld.Builder.Cache;
using Bld.Builder.Copy;
using Bld.Builder.Engine.Debugging;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>RUN.</summary>
internal sealed partial class StageBuilder
{
    private void Run(RunInstruction instruction)
    {
        RefuseRequiredDevices(instruction);
        var command = RunCommand.Of(instruction, _state.Shell);
        var network = Network(instruction);
        var insecure = Insecure(instruction);
        using var mounts = new RunMounts(session, _state, new SourceFinder(session, scheduler, planned));
        foreach (var flag in session.Request.Mounts.Concat(instruction.Mounts))
        {
            RefuseVariableSource(flag);
            mounts.Add(MountFlag.Parse(Expand(flag)));
        }

        var inputs = new CacheKeyBuilder("run", _state.Key)
            .AddEach("command", command.Arguments)
            .AddOptional("script", command.Script)
            .AddEach("environment", _state.Variables.Environment)
            .AddEach("argument", VisibleArguments())
            .Add("user", _state.User)
            .Add("directory", _state.WorkingDirectory)
            .Add("network", network.ToString())
            .Add("insecure", insecure ? "yes" : "no")
            .Add("platform", StagePlatform())
            .AddOptional("hostname", session.Request.BuildArguments.GetValueOrDefault(SpecialArguments.Hostname));
        foreach (var host in session.Request.Run.AddHosts)
        {
            inputs.Add("host", host);
        }

        foreach (var pair in session.Request.Run.Environment)
        {
            inputs.Add("default", pair);
        }

        if (session.Request.CompatVolumes)
        {
            inputs.AddEach("unchanged volume", Settings.Volumes?.Keys ?? Enumerable.Empty<string>());
        }

        mounts.AddTo(inputs);
        Layer(inputs, HistoryText.Run(command.Arguments, HistoryArguments()), active => RunIn(active, instruction, command, network, insecure, mounts));
    }

    /// <summary>No CDI device is known here: a step does without those that it can do without, as with BuildKit where none is registered.</summary>
    private void RefuseRequiredDevices(RunInstruction instruction)
    {
        foreach (var fields in instruction.Devices.Select(device => Expand(device).Split(',')))
        {
            if (fields.Any(static field => field is "required" or "required=true" or "required=1"))
            {
                throw new BuildException(
                    $"required device \"{fields[0]}\" is not registered: bld knows no CDI devices; leave out \"required\", or give a device of the host to all RUNs by --device");
            }
        }
    }

    /// <summary>What the stage is for: what its FROM says, or that of the stage below.</summary>
    private string StagePlatform()
    {
        var stage = planned;
        while (stage is { Platform: null, BaseStage: { } below })
        {
            stage = session.Plan.Stage(below);
        }

        return (stage.Platform is { } text ? Platform.Parse(text) : session.Request.Platform).ToString();
    }

    /// <summary>What <c>bld debug</c> wants of this step; null when it is about another, or there is none.</summary>
    private DebugRequest? Visit() => session.Request.Debug is { } debug && debug.IsAbout(_step) ? debug : null;

    /// <summary>What a mount comes from has to be known before anything is built.</summary>
    private static void RefuseVariableSource(string flag)
    {
        if (MountFlag.Parse(flag, mayHoldVariables: true).From is { } from && from.Contains('$'))
        {
            throw new BuildException($"'from' doesn't support variable expansion, define alias stage instead: FROM {from} AS NAME, then from=NAME") { Word = from };
        }
    }

    private void RunIn(
        ActiveSnapshot active, RunInstruction instruction, RunCommand command, NetworkKind network, bool insecure, RunMounts mounts)
    {
        session.RunSlots.Wait(session.Cancellation);
        try
        {
            // Mounts set variables, so they are made before the environment is put together.
            mounts.Prepare();
            var visit = Visit();
            using var spare = Interlocked.Exchange(ref _spare, null);
            var step = new RunStep(session.Services, session.Request.Run with { Hostname = Hostname })
            {
                Command = visit is null ? command : VisitCommand(visit),
                Environment = [.. RunEnvironment(mounts)],
                User = _state.User,
                WorkingDirectory = _state.WorkingDirectory,
                Network = network == NetworkKind.Default ? session.Network.Kind : network,
                SharedNetwork = network is NetworkKind.Private or NetworkKind.Default ? session.Network.Shared : null,
                Insecure = insecure,
                Mounts = mounts.Prepare,
                Spare = spare,
                Started = () => PrepareInit(_number - 1),
                Input = session.Input,
                Report = (stream, bytes) => session.Observer.Report(new StepOutput(_step, stream, bytes)),
                Warn = message => session.Observer.Report(new BuildWarning(message)),
            };
            if (visit is not null)
            {
                throw new DebugEndedException(step.Visit(active, visit.Files, visit.Terminal, session.Cancellation));
            }

            step.Execute(active, session.Cancellation);
            _haveSourcesChanged = mounts.HaveSourcesChanged();
            if (session.Request.CompatVolumes)
            {
                RevertVolumes(active.UpperHandle);
            }
        }
        catch (BuildException failure) when (session.Request.CommandLine is not null && !session.Cancellation.IsCancellationRequested)
        {
            KeepFailed(active, failure.ExitCode);
            throw;
        }
        finally
        {
            session.RunSlots.Release();
        }
    }

    /// <summary>What is run in a failed step: the stage's shell, with a command or by itself.</summary>
    private RunCommand VisitCommand(DebugRequest debug)
    {
        IReadOnlyList<string> arguments = debug.Command is { } words ? [.. _state.Shell, .. words] : [_state.Shell[0]];
        return new RunCommand(arguments, null, string.Join(' ', arguments));
    }

    /// <summary>Leaves the files of a step that failed for <c>bld debug</c>.</summary>
    private void KeepFailed(ActiveSnapshot active, int exitCode) =>
        new FailedSteps(Services.State).Keep(active, new FailedStep
        {
            // Of several platforms the first that is named is the one that bld debug follows.
            CommandLine = session.Title.Length > 0 ? ["--platform", session.Title, .. session.Request.CommandLine!] : session.Request.CommandLine!,
            Directory = Environment.CurrentDirectory,
            StageName = _step.StageName,
            Number = _step.Number,
            Text = _step.Text,
            Parent = active.Parent?.ToString(),
            ExitCode = exitCode,
        });

    /// <summary>Forgets what the command changed below volumes: a path that the upper directory lacks is as it was below.</summary>
    private void RevertVolumes(SafeFileHandle upper)
    {
        foreach (var volume in Settings.Volumes?.Keys ?? Enumerable.Empty<string>())
        {
            var path = RootPath.Clean(volume);
            var slash = path.LastIndexOf('/');
            var parent = ByteString.From(slash < 0 ? "." : path[..slash]);
            if (path.Length > 0 && FileCalls.TryOpenResolving(
                upper, parent.Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var directory) == Errno.None)
            {
                using (directory)
                {
                    FileCalls.RemoveTree(directory, ByteString.From(path[(slash + 1)..]).Span);
                }
            }
        }
    }

    private string? Hostname => session.Request.BuildArguments.GetValueOrDefault(SpecialArguments.Hostname) ?? session.Request.Run.Hostname;

    /// <summary>The declared arguments that the command sees: the environment hides those of its names.</summary>
    private IEnumerable<string> VisibleArguments() =>
        from argument in _state.Variables.Arguments
        where !_state.Variables.IsInEnvironment(argument.Key)
        select $"{argument.Key}={argument.Value}";

    private IEnumerable<string> RunEnvironment(RunMounts mounts)
    {
        const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        if (!_state.Variables.IsInEnvironment("PATH"))
        {
            yield return DefaultPath;
        }

        if (Hostname is { } host && _state.Variables.Lookup("HOSTNAME") is null)
        {
            yield return $"HOSTNAME={host}";
        }

        foreach (var (name, value) in ProxyArguments.Of(session.Request.BuildArguments, session.Request.Run.HttpProxy))
        {
            if (_state.Variables.Lookup(name) is null)
            {
                yield return $"{name}={value}";
            }
        }

        foreach (var pair in VisibleArguments().Concat(_state.Variables.Environment).Concat(mounts.Environment))
        {
            yield return pair;
        }
    }

    /// <summary>The declared arguments as the history shows them: those without a value too, and with the environment's value where it has one.</summary>
    private List<KeyValuePair<string, string>> HistoryArguments() =>
        [.. _state.Variables.Declared.Select(name => KeyValuePair.Create(name, _state.Variables.Lookup(name) ?? ""))];

    private NetworkKind Network(RunInstruction instruction) =>
        (instruction.Network is { } word ? Expand(word) : null) switch
        {
            null or "default" => session.Request.Run.Network,
            "none" => NetworkKind.None,
            "host" => NetworkKind.Host,
            var other => throw new BuildException($"invalid network mode \"{other}\": use default, none or host"),
        };

    private bool Insecure(RunInstruction instruction)
    {
        switch (instruction.Security is { } word ? Expand(word) : null)
        {
            case null or "sandbox":
                return false;
            case "insecure" when session.Request.Allowed.Contains("security.insecure"):
                return true;
            case "insecure":
                throw new BuildException("security.insecure is not allowed: RUN --security=insecure needs --allow security.insecure on the command line");
            case var other:
                throw new BuildException($"security \"{other}\" is not valid: use sandbox or insecure");
        }
    }
}
