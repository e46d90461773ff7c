using System.Text;

using Bld.Runtime.Cgroups.Systemd;
using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>
/// The cgroups of one container. A build makes them only where a limit or a path asks for them, because moving a process costs
/// milliseconds on v1; engines want them in every hierarchy. They are removed with the container.
/// </summary>
internal sealed class ContainerCgroup
{
    private static int _counter;
    private readonly List<CgroupDirectory> _directories = [];
    private readonly List<string> _made = [];
    private readonly string _name;
    private readonly string? _unit;
    private bool _isOthers;

    private ContainerCgroup(string name, string? unit) => (_name, _unit) = (name, unit);

    /// <summary>The cgroups that the container is in, unless they are another's that it joined.</summary>
    internal IReadOnlyList<CgroupDirectory> Directories => _isOthers ? [] : _directories;

    /// <summary>Whether something asks for a cgroup.</summary>
    internal static bool IsWanted(ContainerRequest request) =>
        request.AllCgroups || request.JoinedCgroups is not null
        || request.Spec.Linux?.Resources is { } resources && (resources.Devices is { Count: > 0 } || CgroupSettings.From(resources).Count > 0);

    /// <summary>Makes the cgroups and sets the limits; null when nothing asks for that.</summary>
    /// <param name="request">Says what is wanted.</param>
    /// <param name="process">The process that will join, which systemd has to know.</param>
    /// <param name="host">The host's hierarchies, where they are known.</param>
    /// <exception cref="ContainerException">A limit was asked for that this host can't set, or the spec names a cgroup that others are in.</exception>
    internal static ContainerCgroup? Make(ContainerRequest request, int process, IReadOnlyList<CgroupPlace>? host = null)
    {
        if (request.JoinedCgroups is { } joined)
        {
            var others = new ContainerCgroup("", null) { _isOthers = true };
            others._directories.AddRange(joined);
            return others;
        }

        if (!IsWanted(request))
        {
            return null;
        }

        var linux = request.Spec.Linux;
        var settings = CgroupSettings.From(linux?.Resources);
        var (unit, name) = request.SystemdCgroups
            ? SystemdScope.Start(linux?.CgroupsPath ?? "", request.Id, process, linux?.Resources)
            : (null, CgroupName.Of(request, Interlocked.Increment(ref _counter)));
        var cgroup = new ContainerCgroup(name, unit);
        try
        {
            cgroup.MakeAll(request, settings, host ?? CgroupHost.All());
            if (unit is null && linux?.CgroupsPath is { Length: > 0 })
            {
                cgroup.RequireNobodyElse();
            }

            CgroupLimits.Apply(cgroup._directories, settings);
            DeviceLimits.Apply(cgroup._directories, linux?.Resources?.Devices);
            return cgroup;
        }
        catch
        {
            cgroup.Remove();
            throw;
        }
    }

    /// <summary>
    /// The cgroup for a process to be born in, which costs nothing, whereas moving one waits for all processors to pass a quiet point; null
    /// where it must be moved all the same, because there are hierarchies of v1.
    /// </summary>
    /// <param name="mayFork">Whether the process may be a copy of this one.</param>
    internal Birthplace? OpenBirthplace(bool mayFork) =>
        _directories is [{ IsUnified: true } only]
        && FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(only.Path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var handle) == Errno.None
            ? new Birthplace(handle, mayFork)
            : null;

    /// <summary>Moves a process in.</summary>
    internal void Join(int process)
    {
        try
        {
            foreach (var directory in _directories)
            {
                directory.Join(process);
            }
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <summary>Removes what was made here.</summary>
    internal void Remove()
    {
        if (_isOthers)
        {
            return;
        }

        SystemdScope.Stop(_unit);
        _made.RemoveAll(path => _directories.Exists(directory => directory.Path == path));
        _directories.RemoveAll(static directory => directory.Remove());

        // Parents that somebody else uses by now stay.
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            _ = FileCalls.TryRemoveDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(_made[i]));
        }

        _made.Clear();
    }

    private void MakeAll(ContainerRequest request, List<CgroupSetting> settings, IReadOnlyList<CgroupPlace> host)
    {
        var hasDevices = request.Spec.Linux?.Resources?.Devices is { Count: > 0 };
        foreach (var place in host)
        {
            var isNeeded = settings.Exists(setting => place.Controllers.Contains(setting.Controller));
            if (isNeeded || request.AllCgroups || (hasDevices && (place.IsUnified || place.Controllers.Contains("devices"))))
            {
                Make(place, isNeeded);
            }
        }
    }

    private void Make(CgroupPlace place, bool isNeeded)
    {
        var parent = CgroupName.Base(place, _name);
        var path = _name.StartsWith('/') ? place.Mount + _name : $"{parent}/{_name}";
        var errno = TryMake(path, place);
        if (errno is Errno.None or Errno.EEXIST)
        {
            _directories.Add(new CgroupDirectory { Path = path, IsUnified = place.IsUnified, Controllers = place.Controllers, Unit = _unit });
        }
        else if (isNeeded || CgroupName.IsFullRoot())
        {
            throw new ContainerException($"make cgroup {path}: {errno.Describe()}", "cgroup", path, errno);
        }
    }

    // Who deletes a container ends what is left in its cgroup and removes those below.
    private void RequireNobodyElse()
    {
        var processes = new List<int>();
        foreach (var found in _directories.Where(directory => !_made.Contains(directory.Path)))
        {
            found.AddProcesses(processes);
        }

        if (processes.Count > 0)
        {
            var path = _directories[0].Path;
            _directories.Clear();
            throw new ContainerException($"cgroup {path} has processes that are not the container's ({processes.Count}): it needs a cgroupsPath of its own", "cgroup", path, Errno.EBUSY);
        }
    }

    // Parents first: on v2 each of them hands its controllers down, on v1 a new cpuset is empty and nobody may enter it.
    private Errno TryMake(string path, CgroupPlace place)
    {
        if (path.Length <= place.Mount.Length)
        {
            return Errno.EEXIST;
        }

        var parent = path[..path.LastIndexOf('/')];
        if (TryMake(parent, place) is var failure and not (Errno.None or Errno.EEXIST))
        {
            return failure;
        }

        if (place.IsUnified)
        {
            HandDown(parent, place);
        }

        var errno = FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), 0x1ED);
        if (errno == Errno.None)
        {
            _made.Add(path);
            if (!place.IsUnified && place.Controllers.Contains("cpuset"))
            {
                Inherit(path, parent, "cpuset.cpus");
                Inherit(path, parent, "cpuset.mems");
            }
        }

        return errno;
    }

    private static void HandDown(string directory, CgroupPlace place)
    {
        var handed = (ProcessCalls.ReadText($"{directory}/cgroup.subtree_control") ?? "").Trim().Split(' ');
        foreach (var controller in place.Controllers)
        {
            var name = controller == "blkio" ? "io" : controller;
            if (Array.IndexOf(handed, name) < 0)
            {
                _ = CgroupDirectory.TryWrite(directory, "/cgroup.subtree_control", "+" + name);
            }
        }
    }

    private static void Inherit(string path, string parent, string file)
    {
        var value = ProcessCalls.ReadText($"{parent}/{file}");
        if (!string.IsNullOrWhiteSpace(value))
        {
            _ = CgroupDirectory.TryWrite(path, "/" + file, value.Trim());
        }
    }
}
