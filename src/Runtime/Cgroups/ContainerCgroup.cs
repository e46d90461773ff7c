using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Cgroups;

/// <summary>
/// The cgroups of one container, made only where a limit or a path asks for them: moving a process costs milliseconds on v1.
/// They are removed with the container.
/// </summary>
internal sealed class ContainerCgroup : IDisposable
{
    private static int _counter;
    private readonly string _name;
    private readonly List<string> _directories = [];
    private readonly HashSet<string> _joined = new(StringComparer.Ordinal);

    private ContainerCgroup(string name) => _name = name;

    /// <summary>Makes the cgroups, sets the limits and moves the process in; null when nothing asks for that.</summary>
    /// <exception cref="ContainerException">A limit was asked for that this host can't set.</exception>
    internal static ContainerCgroup? Create(LinuxSpec? linux, int process)
    {
        var settings = CgroupSettings.From(linux?.Resources);
        if (settings.Count == 0)
        {
            return null;
        }

        var number = Interlocked.Increment(ref _counter);
        var name = linux?.CgroupsPath is { Length: > 0 } path
            ? path
            : string.Create(CultureInfo.InvariantCulture, $"bld-{Environment.ProcessId}-{number}");
        var cgroup = new ContainerCgroup(name);
        try
        {
            foreach (var setting in settings)
            {
                cgroup.Apply(setting);
            }

            cgroup.Join(process);
            return cgroup;
        }
        catch
        {
            cgroup.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _directories.Count - 1; i >= 0; i--)
        {
            // Its last process is reaped, but the kernel may take a moment to let go of it.
            var path = Encoding.UTF8.GetBytes(_directories[i]);
            for (var attempt = 0; attempt < 50; attempt++)
            {
                if (FileCalls.TryRemoveDirectory(FileCalls.CurrentDirectory, path) != Errno.EBUSY)
                {
                    break;
                }

                Thread.Sleep(2);
            }
        }

        _directories.Clear();
    }

    private void Apply(CgroupSetting setting)
    {
        var place = CgroupHost.Find(setting.Controller) ?? throw Refused(setting, "this host has no such cgroup controller");
        var write = place.IsUnified ? setting.Second : setting.First;
        if (write is not { } target)
        {
            throw Refused(setting, place.IsUnified ? "cgroup v2 has no such limit" : "cgroup v1 has no such limit");
        }

        var directory = Directory(place, setting);
        var errno = TryWrite($"{directory}/{target.File}", target.Value);
        if (errno != Errno.None)
        {
            throw Refused(setting, $"write {target.Value} to {target.File}: {errno.Describe()}");
        }
    }

    private string Directory(CgroupPlace place, CgroupSetting setting)
    {
        var own = place.Own == "/" ? "" : place.Own;
        var directory = _name.StartsWith('/') ? place.Mount + _name : $"{place.Mount}{own}/{_name}";
        if (!_joined.Add(directory))
        {
            return directory;
        }

        if (place.IsUnified)
        {
            // A cgroup with processes can't share out its controllers, except the root.
            var parent = directory[..directory.LastIndexOf('/')];
            var errno = TryWrite($"{parent}/cgroup.subtree_control", "+" + (setting.Controller == "blkio" ? "io" : setting.Controller));
            if (errno != Errno.None)
            {
                throw Refused(setting, $"the controller is not delegated to {parent}: {errno.Describe()}");
            }
        }

        Make(directory, setting);
        if (setting.Controller == "cpuset" && !place.IsUnified)
        {
            Inherit(directory, "cpuset.cpus");
            Inherit(directory, "cpuset.mems");
        }

        return directory;
    }

    private void Make(string directory, CgroupSetting setting)
    {
        switch (FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(directory), 0x1ED))
        {
            case Errno.None:
                _directories.Add(directory);
                break;
            case Errno.ENOENT:
                Make(directory[..directory.LastIndexOf('/')], setting);
                Make(directory, setting);
                break;
            case Errno.EEXIST:
                break;
            case var errno:
                throw Refused(setting, $"make cgroup {directory}: {errno.Describe()}");
        }
    }

    private void Join(int process)
    {
        foreach (var directory in _joined)
        {
            var errno = TryWrite($"{directory}/cgroup.procs", process.ToString(CultureInfo.InvariantCulture));
            if (errno != Errno.None)
            {
                throw new ContainerException($"join cgroup {directory}: {errno.Describe()}", "cgroup", directory, errno);
            }
        }
    }

    // A new cpuset of v1 is empty, and nobody may enter an empty one.
    private static void Inherit(string directory, string file)
    {
        var parent = ProcessCalls.ReadText($"{directory[..directory.LastIndexOf('/')]}/{file}");
        if (!string.IsNullOrWhiteSpace(parent))
        {
            _ = TryWrite($"{directory}/{file}", parent.Trim());
        }
    }

    private static Errno TryWrite(string path, string value)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), OpenFlags.WriteOnly, 0, out var file);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (file)
        {
            try
            {
                FileCalls.WriteAll(file, Encoding.UTF8.GetBytes(value));
                return Errno.None;
            }
            catch (LinuxException failure)
            {
                return failure.Errno;
            }
        }
    }

    private static ContainerException Refused(CgroupSetting setting, string reason) =>
        new($"the limit of {setting.What} can't be set: {reason}", "cgroup", setting.Controller);
}
