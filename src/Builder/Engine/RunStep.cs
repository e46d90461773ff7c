using Bld.Builder.Engine.Containers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime;
using Bld.Runtime.Linux;
using Bld.Runtime.Networks;
using Bld.Runtime.Terminals;

namespace Bld.Builder.Engine;

/// <summary>One command in one container over one snapshot: what RUN and <c>bld run</c> share.</summary>
internal sealed class RunStep(EngineServices services, RunSettings settings)
{
    public required RunCommand Command { get; init; }

    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary><c>user[:group]</c>, as the image or the instruction says.</summary>
    public required string User { get; init; }

    public required string WorkingDirectory { get; init; }

    public NetworkKind Network { get; init; }

    /// <summary>The network that steps share when <see cref="Network"/> is private; null makes one for this step alone.</summary>
    public SharedNetwork? SharedNetwork { get; init; }

    /// <summary>Whether the command has every right (<c>--security=insecure</c>).</summary>
    public bool Insecure { get; init; }

    /// <summary>The working container that it runs in; null for a step of a build.</summary>
    public ContainerSummary? WorkingContainer { get; init; }

    /// <summary>Makes the mounts on top of the usual ones; null makes none.</summary>
    public Func<IReadOnlyList<PreparedMount>>? Mounts { get; init; }

    /// <summary>An init that was started ahead of time; null for none.</summary>
    public SpareInit? Spare { get; init; }

    /// <summary>Called when the command runs.</summary>
    public Action? Started { get; init; }

    /// <summary>What the command reads; null for nothing.</summary>
    public Microsoft.Win32.SafeHandles.SafeFileHandle? Input { get; init; }

    /// <summary>Takes what the command writes.</summary>
    public required Action<OutputStream, ReadOnlyMemory<byte>> Report { get; init; }

    public required Action<string> Warn { get; init; }

    /// <summary>Runs the command; what it changed is then in the snapshot's directory.</summary>
    /// <exception cref="BuildException">It could not be started, or ended with a code other than 0.</exception>
    public void Execute(ActiveSnapshot active, CancellationToken cancellation)
    {
        using var output = new CommandOutput(Report);
        using var root = new SnapshotRoot(services, active);
        var code = Run(root, new StepStreams(Input, output.StandardOutput, output.StandardError), output.CloseWriters, cancellation);
        output.Drain();
        if (code != 0)
        {
            throw FailedCommand.Describe(Command, code, output.Tail);
        }
    }

    /// <summary>Runs the command on this process's own terminal or streams, over the files that a failed step has left; gives its exit code.</summary>
    /// <param name="active">Takes what changes now, and is thrown away.</param>
    /// <param name="files">The directory with the files.</param>
    /// <param name="terminal">Whether the command gets a terminal.</param>
    /// <param name="cancellation">Ends it.</param>
    public int Visit(ActiveSnapshot active, string files, bool terminal, CancellationToken cancellation)
    {
        using var root = new SnapshotRoot(services, active, files);
        if (!terminal)
        {
            return Run(root, StepStreams.Inherited, null, cancellation);
        }

        using var relay = new TerminalRelay();
        return Run(root, StepStreams.Inherited with { ConsoleSocket = relay.Socket }, relay.Attach, cancellation);
    }

    /// <summary>Runs the command with streams of the caller's and gives its exit code.</summary>
    /// <param name="stepRoot">The root file system.</param>
    /// <param name="streams">What it reads and writes.</param>
    /// <param name="release">Called when the command has its own copies of the streams.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="BuildException">It could not be started.</exception>
    public int Run(IStepRoot stepRoot, StepStreams streams, Action? release, CancellationToken cancellation)
    {
        using var shift = RunUsers.Shift(settings);
        using var volumes = new VolumeMounts(services.Snapshots);
        var spec = RunSpec.Create(this, settings, stepRoot.View);
        var ownNetwork = settings.Isolation != IsolationKind.Chroot && Network is NetworkKind.Private or NetworkKind.None;
        var mounts = new List<PreparedMount>(ContainerFiles.For(settings, spec.Hostname ?? System.Environment.MachineName, ownNetwork, WorkingContainer));
        mounts.AddRange(Mounts?.Invoke() ?? []);
        var user = spec.Process!.User;
        mounts.AddRange(volumes.Prepare(settings, shift is null ? (user.Uid, user.Gid) : shift.ToHost(user.Uid, user.Gid)));
        if (Command.Script is { } script)
        {
            mounts.Add(PreparedMount.OfFile(Command.Arguments[0], System.Text.Encoding.UTF8.GetBytes(script), 0x1ED, ["ro", "nosuid", "nodev"]));
        }

        using var files = MountsAsFiles.AreNeeded(settings) ? new MountsAsFiles(mounts) : null;
        files?.Check();
        if (streams.ConsoleSocket is not null)
        {
            if (files is not null)
            {
                throw new BuildException("a terminal needs a /dev/pts for the command, and nothing can be mounted here: give it none (--terminal=false)");
            }

            spec = spec with { Process = spec.Process! with { Terminal = true } };
        }

        var root = stepRoot.Mount(RunSpec.MountPoints(spec, mounts), shift, files);
        if (shift is not null)
        {
            mounts.ForEach(mount => mount.Show(shift));
        }

        try
        {
            using var container = Container.Start(
                new ContainerRequest
                {
                    Spec = files is null ? spec : spec with { Mounts = [] },
                    Root = root,
                    Mounts = files is null ? [.. mounts.Select(static mount => mount.ToContainerMount())] : [],
                    Input = streams.Input,
                    Output = streams.Output,
                    Error = streams.Error,
                    ConsoleSocket = streams.ConsoleSocket,
                    // Without a pid namespace somebody has to end what the command leaves behind.
                    Init = settings.Init || !spec.Linux!.Namespaces!.Any(static item => item.Type == "pid" && item.Path is null),
                    Network = SharedNetwork is null && settings.Isolation != IsolationKind.Chroot ? ToRuntime(Network) : NetworkMode.FromSpec,
                    Spare = Spare,
                    SystemdCgroups = settings.SystemdCgroups,
                    HostNameIsWish = settings.Isolation == IsolationKind.Chroot,
                    SeccompCache = services.State.CachePath,
                    Warn = Warn,
                },
                cancellation);
            release?.Invoke();
            streams.Started?.Invoke(container);
            Started?.Invoke();
            var code = container.Wait(cancellation);
            files?.Keep();
            return code;
        }
        catch (ContainerException exception)
        {
            throw new BuildException($"cannot run \"{Command.Shown}\": {exception.Message}{Advice(exception)}", exception) { ExitCode = exception.ExitCode };
        }
    }

    /// <summary>Starts an init ahead of time, where the settings leave it namespaces of its own; null where they don't.</summary>
    public static SpareInit? StartSpare(RunSettings settings) =>
        settings is { Isolation: not IsolationKind.Chroot, Pid: null or "private", OwnsUsers: false } ? SpareInit.Start() : null;

    // A container around this process usually forbids these.
    private string Advice(ContainerException exception) =>
        settings.Isolation != IsolationKind.Chroot && exception.Errno == Errno.EPERM
        && (exception.Step is "attach the root file system" or "change propagation of /" || exception.Step.StartsWith("unshare") || exception.Step.StartsWith("mount"))
            ? ": this place doesn't let bld isolate a command; with --isolation chroot (BUILDAH_ISOLATION=chroot) it does without"
            : "";

    private static NetworkMode ToRuntime(NetworkKind kind) => kind switch
    {
        NetworkKind.None => NetworkMode.None,
        NetworkKind.Private => NetworkMode.Private,
        NetworkKind.Joined => NetworkMode.FromSpec,
        _ => NetworkMode.Host,
    };
}
