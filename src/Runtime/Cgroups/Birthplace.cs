using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Cgroups;

/// <summary>The cgroup that a process is to be born in.</summary>
/// <param name="directory">Its directory, of cgroup v2.</param>
internal sealed class Birthplace(SafeFileHandle directory) : IDisposable
{
    internal SafeFileHandle Directory => directory;

    /// <summary>Whether the process is there; where the kernel refused, it has to be moved, which tells why.</summary>
    internal bool IsUsed { get; set; }

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();
}
