using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Cgroups;

/// <summary>The cgroup that a process is to be born in.</summary>
/// <param name="directory">Its directory, of cgroup v2.</param>
/// <param name="mayFork">Whether it may be a copy of this process (<see cref="ForkedProcess"/>), where the C library can't start it there.</param>
internal sealed class Birthplace(SafeFileHandle directory, bool mayFork) : IDisposable
{
    internal bool MayFork => mayFork;

    internal SafeFileHandle Directory => directory;

    /// <summary>Whether the process is there; where the kernel refused, it has to be moved, which tells why.</summary>
    internal bool IsUsed { get; set; }

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();
}
