using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Plans;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Oci;

/// <summary>What "exec" is asked for.</summary>
public sealed record OciExecOptions
{
    /// <summary>The whole process.</summary>
    public required ProcessSpec Process { get; init; }

    /// <summary>A file that gets the process's number.</summary>
    public string? PidFile { get; init; }

    /// <summary>The path of the socket that gets the terminal's master.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>A connected socket for the same, when the caller shows the terminal itself.</summary>
    public SafeFileHandle? Console { get; init; }

    public int PreservedDescriptors { get; init; }

    /// <summary>Cgroups below the container's own, which must exist: a path for all hierarchies, or <c>controller,…:path</c>.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    public bool IgnorePaused { get; init; }

    /// <summary>Whether this process does nothing else (<see cref="ContainerRequest.IsAlone"/>).</summary>
    public bool IsAlone { get; init; }

    /// <summary>Hears of protections that this host can't give.</summary>
    public Action<string>? Warn { get; init; }
}

/// <summary>
/// Runs a further process in a container: it joins the namespaces and cgroups of its init and gets the container's filter.
/// </summary>
public sealed class OciExecution(StateRoot root, OciContainer container, OciExecOptions options)
{
    private static readonly string[] Types = ["user", "ipc", "uts", "network", "pid", "cgroup", "time", "mount"];

    /// <summary>Starts the process; it outlives this one.</summary>
    public void RunDetached() => Start(detached: true).Dispose();

    /// <summary>Runs the process to its end.</summary>
    /// <param name="started">Gets it while it runs, for the signals and the terminal of the caller; disposed at its end.</param>
    /// <returns>The exit code, or 128 and the signal that killed it.</returns>
    public int Run(Func<Container, IDisposable> started)
    {
        using var process = Start(detached: false);
        using var attached = started(process);
        return process.Wait(CancellationToken.None);
    }

    private Container Start(bool detached)
    {
        switch (container.Status)
        {
            case "paused" when !options.IgnorePaused:
                throw new ContainerException($"cannot exec in container \"{container.Id}\": it is paused");
            case "stopped":
                throw new ContainerException($"cannot exec in container \"{container.Id}\": it is not running");
        }

        if (options is { ConsoleSocket: not null, Process.Terminal: false })
        {
            throw new ContainerException("a console socket is given, and the process wants no terminal");
        }

        var spec = container.Spec();
        using var console = options is { ConsoleSocket: { } path, Process.Terminal: true } ? SocketCalls.Connect(Path.GetFullPath(path)) : null;
        using var input = new SafeFileHandle(0, ownsHandle: false);
        using var output = new SafeFileHandle(1, ownsHandle: false);
        using var error = new SafeFileHandle(2, ownsHandle: false);
        return Container.Start(
            new ContainerRequest
            {
                Spec = new ContainerSpec
                {
                    OciVersion = spec.OciVersion,
                    Process = Inherit(options.Process, spec.Process!),
                    Linux = new LinuxSpec { Namespaces = Namespaces(), Seccomp = spec.Linux?.Seccomp, Personality = spec.Linux?.Personality },
                },
                Id = container.Id,
                Input = input,
                Output = output,
                Error = error,
                ConsoleSocket = options.Console ?? console,
                PreservedDescriptors = options.PreservedDescriptors,
                SeccompCache = root.FilterCache,
                Warn = options.Warn,
                IsAlone = options.IsAlone,
                DieWithParent = !detached,
                Detached = detached,
                JoinedCgroups = Below(container.Cgroups),
                Ready = (process, _) => () => PidFile.Write(options.PidFile, process),
            },
            CancellationToken.None);
    }

    // What a process of its own does not say is the container's, as with runc.
    private static ProcessSpec Inherit(ProcessSpec process, ProcessSpec container) => process with
    {
        Capabilities = process.Capabilities ?? container.Capabilities,
        Rlimits = process.Rlimits is { Count: > 0 } ? process.Rlimits : container.Rlimits,
        ApparmorProfile = process.ApparmorProfile is { Length: > 0 } profile ? profile : container.ApparmorProfile,
        SelinuxLabel = process.SelinuxLabel is { Length: > 0 } label ? label : container.SelinuxLabel,
    };

    private CgroupDirectory[] Below(IReadOnlyList<CgroupDirectory> own)
    {
        CgroupDirectory[] joined = [.. own];
        foreach (var wanted in options.Cgroups)
        {
            var colon = wanted.IndexOf(':', StringComparison.Ordinal);
            var below = wanted[(colon + 1)..].Trim('/');
            if (below.Split('/').Contains(".."))
            {
                throw new ContainerException($"\"{below}\" is no cgroup below the container's own", "cgroup", below);
            }

            var controllers = colon < 0 ? [] : wanted[..colon].Split(',');
            if (Array.Find(controllers, controller => !own.Any(each => each.Controllers.Contains(controller))) is { } unknown)
            {
                throw new ContainerException($"the container has no cgroup of a controller \"{unknown}\"", "cgroup", wanted);
            }

            for (var i = 0; i < joined.Length; i++)
            {
                if (colon < 0 || controllers.Any(own[i].Controllers.Contains))
                {
                    joined[i] = below.Length == 0 ? own[i] : own[i] with { Path = $"{own[i].Path}/{below}" };
                }
            }
        }

        return joined;
    }

    // Only those that differ from our own: joining one's own is refused for some kinds.
    private List<NamespaceSpec> Namespaces()
    {
        var namespaces = new List<NamespaceSpec>();
        foreach (var type in Types)
        {
            var name = type switch
            {
                "network" => "net",
                "mount" => "mnt",
                _ => type,
            };
            var path = $"/proc/{container.Pid}/ns/{name}";
            if (!AreSame(path, $"/proc/self/ns/{name}"))
            {
                namespaces.Add(new NamespaceSpec { Type = type, Path = path });
            }
        }

        return namespaces;
    }

    private static bool AreSame(string path, string other)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, PlanBuilder.Bytes(path), OpenFlags.Path, 0, out var there);
        if (errno == Errno.ENOENT)
        {
            // A kernel without that kind of namespace.
            return true;
        }

        SetupFailure.Check(errno, "open namespace", PlanBuilder.Bytes(path));
        using (there)
        using (var here = FileCalls.Open(other, OpenFlags.Path))
        {
            return FileCalls.Status(there).Inode == FileCalls.Status(here).Inode;
        }
    }
}
