using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime;
using Bld.Runtime.Networks;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

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

    public RunMounts? Mounts { get; init; }

    /// <summary>Takes what the command writes.</summary>
    public required Action<OutputStream, ReadOnlyMemory<byte>> Report { get; init; }

    public required Action<string> Warn { get; init; }

    /// <summary>Runs the command; what it changed is then in the snapshot's directory.</summary>
    /// <exception cref="BuildException">It could not be started, or ended with a code other than 0.</exception>
    public void Execute(ActiveSnapshot active, CancellationToken cancellation)
    {
        using var output = new CommandOutput(Report);
        var code = Run(active, output, cancellation);
        output.Drain();
        if (code != 0)
        {
            throw FailedCommand.Describe(Command, code, output.Tail);
        }
    }

    private int Run(ActiveSnapshot active, CommandOutput output, CancellationToken cancellation)
    {
        using var volumes = new VolumeMounts(services.Snapshots);
        using var view = services.Snapshots.MountReadOnly(active.Parent);
        var spec = RunSpec.Create(this, settings, view.Root);
        var ownNetwork = Network is NetworkKind.Private or NetworkKind.None;
        var mounts = new List<PreparedMount>(ContainerFiles.For(settings, spec.Hostname ?? System.Environment.MachineName, ownNetwork));
        mounts.AddRange(Mounts?.Prepare() ?? []);
        mounts.AddRange(volumes.Prepare(settings, spec.Process!.User));
        if (Command.Script is { } script)
        {
            mounts.Add(PreparedMount.OfFile(Command.Arguments[0], System.Text.Encoding.UTF8.GetBytes(script), 0x1ED, ["ro", "nosuid", "nodev"]));
        }

        using var root = MountRoot(active, view.Root, spec, mounts);
        try
        {
            using var container = Container.Start(
                new ContainerRequest
                {
                    Spec = spec,
                    Root = root.Root,
                    Mounts = [.. mounts.Select(static mount => mount.ToContainerMount())],
                    Output = output.StandardOutput,
                    Error = output.StandardError,
                    Init = settings.Init,
                    Network = SharedNetwork is null ? ToRuntime(Network) : NetworkMode.FromSpec,
                    SeccompCache = services.State.CachePath,
                    Warn = Warn,
                },
                cancellation);
            output.CloseWriters();
            return container.Wait(cancellation);
        }
        catch (ContainerException exception)
        {
            throw new BuildException($"cannot run \"{Command.Shown}\": {exception.Message}", exception) { ExitCode = exception.ExitCode };
        }
    }

    private OverlayMount MountRoot(ActiveSnapshot active, SafeFileHandle view, ContainerSpec spec, List<PreparedMount> mounts)
    {
        const string Name = "skeleton";
        using var directory = active.CreateScratch(Name);
        var skeleton = new Skeleton(view, directory);
        foreach (var (target, isDirectory) in RunSpec.MountPoints(spec, mounts))
        {
            skeleton.Require(target, isDirectory);
        }

        skeleton.Finish();
        return services.Snapshots.MountWritable(active, skeleton.IsEmpty ? [] : [$"{active.ScratchPath}/{Name}"]);
    }

    private static NetworkMode ToRuntime(NetworkKind kind) => kind switch
    {
        NetworkKind.None => NetworkMode.None,
        NetworkKind.Private => NetworkMode.Private,
        NetworkKind.Joined => NetworkMode.FromSpec,
        _ => NetworkMode.Host,
    };
}
