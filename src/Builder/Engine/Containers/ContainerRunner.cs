using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Runtime;
using Bld.Runtime.Linux;
using Bld.Runtime.Users;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>One command to run in a working container.</summary>
internal sealed record ContainerRun
{
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary><c>user[:group]</c>; null is the configuration's.</summary>
    public string? User { get; init; }

    /// <summary>The working directory; null is the configuration's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables of this command only, as <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary><c>--mount</c>s, as text.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = [];

    /// <summary>The directory that relative sources of mounts lie in; null is the working directory of this process.</summary>
    public string? ContextDirectory { get; init; }

    public required RunSettings Settings { get; init; }

    /// <summary>Hears of what this host can't give.</summary>
    public required Action<string> Warn { get; init; }
}

/// <summary>Runs commands in working containers.</summary>
internal sealed class ContainerRunner(EngineServices services, WorkingContainerStore containers)
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int ShortId = 12;

    /// <summary>
    /// Runs a command and gives its exit code; what it changed stays in the container, also when it failed. Stopped from outside it
    /// leaves the container as it was, unless that is mounted.
    /// </summary>
    /// <exception cref="BuildException">It could not be started.</exception>
    public int Run(WorkingContainer container, ContainerRun run, StepStreams streams, CancellationToken cancellation)
    {
        using var spare = RunStep.StartSpare(run.Settings);
        using var held = containers.Hold(container, cancellation);
        return held.IsMounted ? RunMounted(held, run, streams, spare, cancellation) : RunAlone(held, run, streams, spare, cancellation);
    }

    private int RunMounted(HeldContainer held, ContainerRun run, StepStreams streams, SpareInit? spare, CancellationToken cancellation)
    {
        using var root = new MountedRoot(held.MountPath);
        MakeWorkingDirectory(held.Record, run, root.View, root.View);
        return Run(held.Record, run, root, streams.Then(Lend), spare, cancellation);

        void Lend(Container _)
        {
            held.Lend(new RunsRecord { StaysMounted = true, Places = root.Places });
            root.LeavePlaces();
        }
    }

    private int RunAlone(HeldContainer held, ContainerRun run, StepStreams streams, SpareInit? spare, CancellationToken cancellation)
    {
        using var active = services.Snapshots.Prepare(held.Record.Top);
        var before = FileCalls.Status(active.UpperHandle);
        int code;
        using (var root = new SnapshotRoot(services, active))
        {
            MakeWorkingDirectory(held.Record, run, active.UpperHandle, root.View);
            code = Run(held.Record, run, root, run.Settings.CanShareRoot ? streams.Then(Lend) : streams, spare, cancellation);
        }

        // What others have come to share belongs to the container already; a container that was removed wants nothing.
        if (held.TakeBack() && !active.WasTaken && !IsUnchanged(active.UpperHandle, before))
        {
            held.Push(services.Snapshots.Commit(active).Id);
        }

        return code;

        void Lend(Container started) => held.Lend(new RunsRecord
        {
            Process = started.Pid,
            StartTime = ProcessRoot.StartTime(started.Pid),
            Active = Path.GetFileName(active.ScratchPath),
        });
    }

    /// <summary>Whether a command left the directory that takes what it changes as it was, down to mode, owner and time of change of the root.</summary>
    private static bool IsUnchanged(SafeFileHandle upper, in FileStatus before)
    {
        using var listed = FileCalls.Open(upper, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        return FileCalls.Status(upper) == before && FileCalls.ReadDirectory(listed).Count == 0;
    }

    private int Run(WorkingContainer container, ContainerRun run, IStepRoot root, StepStreams streams, SpareInit? spare, CancellationToken cancellation)
    {
        var settings = run.Settings with { Hostname = HostName(container, run) };
        using var network = new BuildNetwork(settings.EffectiveNetwork, settings.PastaOptions, run.Warn);
        using var mounts = new ContainerMounts(services, run, User(container, run), root.View, cancellation);
        var step = new RunStep(services, settings)
        {
            Command = new RunCommand(run.Command, null, string.Join(' ', run.Command)),
            WorkingContainer = container,
            Environment = [.. Environment(container, run, settings, streams.ConsoleSocket is not null)],
            User = User(container, run),
            WorkingDirectory = Directory(container, run),
            Network = network.Kind,
            SharedNetwork = network.Shared,
            Mounts = mounts.Prepare,
            Spare = spare,
            Report = static (_, _) => { },
            Warn = run.Warn,
        };
        return step.Run(root, streams, null, cancellation);
    }

    private static string User(WorkingContainer container, ContainerRun run) => run.User ?? container.Config.Config?.User ?? "";

    private static string Directory(WorkingContainer container, ContainerRun run)
    {
        var configured = container.Config.Config?.WorkingDir is { Length: > 0 } directory ? directory : "/";
        return "/" + RootPath.Clean(run.WorkingDirectory is not { Length: > 0 } asked ? configured : asked.StartsWith('/') ? asked : $"{configured}/{asked}");
    }

    private static string HostName(WorkingContainer container, ContainerRun run) =>
        run.Settings.Hostname is { Length: > 0 } asked ? asked
        : container.Config.Config?.Hostname is { Length: > 0 } configured ? configured
        : container.Id[..ShortId];

    private static IReadOnlyList<string> Environment(WorkingContainer container, ContainerRun run, RunSettings settings, bool terminal)
    {
        var variables = new StageVariables();
        variables.SetEnvironment("PATH", DefaultPath);
        variables.SetEnvironment("HOSTNAME", settings.Hostname ?? "");
        if (terminal)
        {
            variables.SetEnvironment("TERM", System.Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } term ? term : "xterm");
        }

        foreach (var (name, value) in ProxyArguments.Of(new Dictionary<string, string>(), settings.HttpProxy))
        {
            variables.SetEnvironment(name, value);
        }

        foreach (var pair in (container.Config.Config?.Env ?? []).Concat(run.Environment))
        {
            var equals = pair.IndexOf('=');
            variables.SetEnvironment(equals < 0 ? pair : pair[..equals], equals < 0 ? "" : pair[(equals + 1)..]);
        }

        return variables.Environment;
    }

    /// <summary>The working directory is made when it is missing, and belongs to the user.</summary>
    private static void MakeWorkingDirectory(WorkingContainer container, ContainerRun run, SafeFileHandle upper, SafeFileHandle view)
    {
        var resolved = RootPath.Resolve(view, ByteString.From(Directory(container, run)));
        if (resolved.Missing.Count == 0)
        {
            return;
        }

        var user = new UserDatabase(view).Resolve(User(container, run));
        var directories = new TargetDirectories(upper, view, (user.Uid, user.Gid));
        directories.Open(resolved.Full).Dispose();
        directories.Finish();
    }
}
