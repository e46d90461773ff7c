using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>A container's cgroup in one hierarchy.</summary>
public sealed record CgroupDirectory
{
    /// <summary>The directory, as the host has it.</summary>
    public string Path { get; init; } = "";

    /// <summary>cgroup v2.</summary>
    public bool IsUnified { get; init; }

    /// <summary>What can be limited there.</summary>
    public IReadOnlyList<string> Controllers { get; init; } = [];

    /// <summary>The unit of systemd whose cgroup it is; null when systemd knows nothing of it.</summary>
    public string? Unit { get; init; }

    /// <summary>A file's text without the line's end; null when it can't be read.</summary>
    internal string? Read(string file) => ProcessCalls.ReadText($"{Path}/{file}")?.Trim();

    /// <summary>The names of its files that begin so, in their order; none when it is gone.</summary>
    internal IEnumerable<string> Files(string begin)
    {
        try
        {
            return Directory.GetFiles(Path, begin + "*").Select(static path => path[(path.LastIndexOf('/') + 1)..]).Order(StringComparer.Ordinal);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    internal Errno TryWrite(string file, string value) => TryWrite($"{Path}/", file, value);

    internal static Errno TryWrite(string directory, string file, string value)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(directory + file), OpenFlags.WriteOnly, 0, out var handle);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (handle)
        {
            return FileCalls.TryWrite(handle, Encoding.UTF8.GetBytes(value));
        }
    }

    /// <summary>Moves a process in.</summary>
    internal void Join(int process)
    {
        var errno = TryWrite("cgroup.procs", process.ToString(CultureInfo.InvariantCulture));
        if (errno != Errno.None)
        {
            throw new ContainerException($"join cgroup {Path}: {errno.Describe()}", "cgroup", Path, errno);
        }
    }

    /// <summary>The processes in it and in those below it.</summary>
    internal void AddProcesses(ICollection<int> processes)
    {
        foreach (var line in (Read("cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(line, CultureInfo.InvariantCulture, out var process) && !processes.Contains(process))
            {
                processes.Add(process);
            }
        }

        foreach (var child in Children(Path))
        {
            new CgroupDirectory { Path = child }.AddProcesses(processes);
        }
    }

    /// <summary>Removes it with all below it. Its last process is reaped, but the kernel may take a moment to let go of it.</summary>
    internal bool Remove()
    {
        const int Attempts = 100;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryRemove(Path) != Errno.EBUSY)
            {
                return true;
            }

            Thread.Sleep(attempt < 10 ? 1 : 10);
        }

        return false;
    }

    private static Errno TryRemove(string path)
    {
        var errno = FileCalls.TryRemoveDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path));
        if (errno != Errno.EBUSY)
        {
            return errno;
        }

        var children = Children(path);
        foreach (var child in children)
        {
            _ = TryRemove(child);
        }

        return children.Length == 0 ? errno : FileCalls.TryRemoveDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path));
    }

    private static string[] Children(string path)
    {
        try
        {
            return Directory.GetDirectories(path);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
