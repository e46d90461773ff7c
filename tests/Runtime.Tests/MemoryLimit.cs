using System.Globalization;

using Bld.Runtime.Cgroups;

namespace Bld.Runtime.Tests;

/// <summary>A cgroup with little memory; without a limit where this host doesn't let anybody set one.</summary>
internal sealed class MemoryLimit : IDisposable
{
    private readonly string? _directory;

    internal MemoryLimit(long bytes)
    {
        if (CgroupHost.All().Find(static place => place.Controllers.Contains("memory")) is not { } place)
        {
            return;
        }

        _directory = $"{CgroupName.Base(place, "test")}/bld-test-{Guid.NewGuid():N}";
        Directory.CreateDirectory(_directory);
        var file = $"{_directory}/{(place.IsUnified ? "memory.max" : "memory.limit_in_bytes")}";
        if (File.Exists(file))
        {
            File.WriteAllText(file, bytes.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The beginning of a shell's script, that goes in.</summary>
    internal string Enter => _directory is null ? "" : $"echo $$ > {_directory}/cgroup.procs && ";

    /// <summary>Fails when somebody is left in it.</summary>
    public void Dispose()
    {
        if (_directory is not null)
        {
            Directory.Delete(_directory);
        }
    }
}
