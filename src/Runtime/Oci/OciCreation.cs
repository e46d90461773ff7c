using System.Globalization;

using Bld.Runtime.Cgroups;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Oci;

/// <summary>What "create" and "run" are asked for.</summary>
public sealed record OciCreateOptions
{
    public required string Id { get; init; }

    /// <summary>The bundle's directory.</summary>
    public required string Bundle { get; init; }

    /// <summary>A file that gets init's number.</summary>
    public string? PidFile { get; init; }

    /// <summary>The path of the socket that gets the terminal's master.</summary>
    public string? ConsoleSocket { get; init; }

    public int PreservedDescriptors { get; init; }

    public bool NoPivot { get; init; }

    /// <summary>Leave the container in this process's own cgroups, whatever the bundle asks for.</summary>
    public bool NoCgroups { get; init; }

    /// <summary>Have systemd make the cgroups.</summary>
    public bool SystemdCgroups { get; init; }

    public bool NoNewKeyring { get; init; }

    /// <summary>Leave the state of a container that was run to its end for "delete".</summary>
    public bool Keep { get; init; }

    /// <summary>Whether this process does nothing else (<see cref="ContainerRequest.IsAlone"/>).</summary>
    public bool IsAlone { get; init; }

    /// <summary>Hears of protections that this host can't give.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>Makes containers from bundles.</summary>
public sealed class OciCreation(StateRoot root, OciCreateOptions options)
{
    private readonly string _bundle = Path.GetFullPath(options.Bundle);
    private ContainerSpec? _spec;
    private byte[] _text = [];

    /// <summary>Whether the bundle's process is to have a terminal.</summary>
    /// <exception cref="ContainerException">There is no config.json, or it is no spec that can be run.</exception>
    public bool WantsTerminal => Spec.Process!.Terminal;

    // Read once: what was looked at is what is run.
    private ContainerSpec Spec => _spec ??= Bundle.Read(_bundle, $"{_bundle}/config.json", out _text);

    /// <summary>Makes a container whose command waits for "start"; it outlives this process.</summary>
    /// <exception cref="ContainerException">A step failed; nothing is left of the container.</exception>
    public void Create()
    {
        Make(directory =>
        {
            using var socket = SocketCalls.Listen($"{directory}/{StateRoot.StartSocket}");
            Start(socket, null, detached: true).Dispose();
        });
    }

    /// <summary>Makes a container and starts its command; it outlives this process.</summary>
    public void RunDetached() => Make(_ => Start(null, null, detached: true).Dispose());

    /// <summary>Makes a container that dies with this process and runs it to its end, which is also the end of its state.</summary>
    /// <param name="started">Gets the running container, for the signals and the terminal of the caller; disposed at its end.</param>
    /// <param name="console">A connected socket that gets the terminal's master, when the caller shows the terminal itself.</param>
    /// <returns>The command's exit code, or 128 and the signal that killed it.</returns>
    public int Run(Func<Container, IDisposable> started, SafeFileHandle? console = null)
    {
        var code = 0;
        Make(_ =>
        {
            using var container = Start(null, console, detached: false);
            using var attached = started(container);
            code = container.Wait(CancellationToken.None);
        });
        if (!options.Keep)
        {
            root.Remove(options.Id);
        }

        return code;
    }

    private void Make(Action<string> start)
    {
        var directory = root.Claim(options.Id);
        try
        {
            start(directory);
        }
        catch
        {
            root.Remove(options.Id);
            throw;
        }
    }

    private Container Start(SafeFileHandle? socket, SafeFileHandle? ownConsole, bool detached)
    {
        var spec = Spec;
        spec = options.NoCgroups ? spec with { Linux = spec.Linux! with { Resources = null, CgroupsPath = null } } : spec;
        var activated = SocketActivation.Count();
        spec = activated == 0 ? spec : spec with { Process = SocketActivation.Announce(spec.Process!, activated) };
        using var console = ConnectConsole(spec);
        using var input = new SafeFileHandle(0, ownsHandle: false);
        using var output = new SafeFileHandle(1, ownsHandle: false);
        using var error = new SafeFileHandle(2, ownsHandle: false);
        return Container.Start(
            new ContainerRequest
            {
                Spec = spec,
                Id = options.Id,
                Bundle = _bundle,
                Input = input,
                Output = output,
                Error = error,
                ConsoleSocket = ownConsole ?? console,
                PreservedDescriptors = options.PreservedDescriptors + activated,
                OutlivesCommand = options.Keep,
                NoPivot = options.NoPivot,
                KeepKeyring = options.NoNewKeyring,
                SeccompCache = root.FilterCache,
                Warn = options.Warn,
                IsAlone = options.IsAlone,
                AllCgroups = !options.NoCgroups,
                SystemdCgroups = options.SystemdCgroups,
                DieWithParent = !detached,
                Detached = detached,
                StartSocket = socket,
                Ready = (process, cgroups) => Prepare(spec, process, cgroups),
            },
            CancellationToken.None);
    }

    private SafeFileHandle? ConnectConsole(ContainerSpec spec)
    {
        if (spec.Process?.Terminal != true)
        {
            return options.ConsoleSocket is null
                ? null
                : throw new ContainerException("a console socket is given, and the process wants no terminal (config.json, process.terminal)");
        }

        return options.ConsoleSocket is null ? null : SocketCalls.Connect(Path.GetFullPath(options.ConsoleSocket));
    }

    // All but the rename, while init is busy with its own part.
    private Action Prepare(ContainerSpec spec, int process, IReadOnlyList<CgroupDirectory> cgroups)
    {
        var state = new OciState
        {
            OciVersion = spec.OciVersion,
            Id = options.Id,
            Pid = process,
            StartTime = ProcessStatus.Read(process)?.StartTime ?? throw new ContainerException("the container's process ended before its time"),
            Bundle = _bundle,
            Rootfs = spec.Root!.Path,
            Created = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
            Owner = Libc.geteuid(),
            OwnProcesses = spec.Linux!.Namespaces?.Any(static item => item.Type == "pid" && string.IsNullOrEmpty(item.Path)) == true,
            Cgroups = cgroups,
            Annotations = spec.Annotations,
        };
        root.Prepare(state, _text);
        return () =>
        {
            root.Publish(options.Id);
            PidFile.Write(options.PidFile, process);
        };
    }
}
