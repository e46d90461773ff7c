using System.Globalization;
using System.Text;

using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// The file that init is spawned from: a detached read-only clone of the executable's mount, because init shows its
/// executable as /proc/self/exe inside the container, and nobody there may write through it (CVE-2019-5736).
/// </summary>
internal static class InitExecutable
{
    // The size of the heap's address space and its threads are what a runtime's start costs; init allocates next to nothing.
    internal static readonly byte[][] Environment = ["DOTNET_GCHeapHardLimit=0x4000000"u8.ToArray(), "DOTNET_GCHeapCount=1"u8.ToArray()];

    internal static SafeFileHandle Open(string path)
    {
        var name = Encoding.UTF8.GetBytes(path);
        if (MountCalls.TryOpenTree(FileCalls.CurrentDirectory, name, clone: true, recursive: false, out var clone) == Errno.None)
        {
            if (MountCalls.TrySetAttributes(clone, recursive: false, MountAttributeFlags.ReadOnly) == Errno.None)
            {
                return clone;
            }

            clone.Dispose();
        }

        return CopyToMemory(path);
    }

    internal static Errno TrySpawn(SafeFileHandle executable, int channel, List<(int, int)> descriptors, Birthplace? birthplace, out int process) =>
        TrySpawn(executable, Arguments(channel), descriptors, birthplace, out process);

    /// <summary>The same by a copy of this process (<see cref="ForkedProcess"/>), which leaves this one's own pid namespace for children as it is.</summary>
    internal static Errno TryFork(SafeFileHandle executable, int channel, List<(int, int)> descriptors, NamespaceFlags namespaces, Birthplace? birthplace, out int process)
    {
        var path = PathOf(executable);
        if (birthplace is not null && ForkedProcess.TrySpawn(path, Arguments(channel), Environment, descriptors, namespaces, birthplace.Directory, out process) == Errno.None)
        {
            birthplace.IsUsed = true;
            return Errno.None;
        }

        return ForkedProcess.TrySpawn(path, Arguments(channel), Environment, descriptors, namespaces, cgroup: null, out process);
    }

    internal static Errno TrySpawn(SafeFileHandle executable, byte[][] arguments, List<(int, int)> descriptors, Birthplace? birthplace, out int process)
    {
        var path = PathOf(executable);
        if (birthplace is null)
        {
            return ProcessCalls.TrySpawn(path, arguments, Environment, descriptors, out process);
        }

        var errno = ProcessCalls.CanSpawnIntoCgroup ? ProcessCalls.TrySpawn(path, arguments, Environment, descriptors, birthplace.Directory, out process)
            : birthplace.MayFork ? ForkedProcess.TrySpawn(path, arguments, Environment, descriptors, default, birthplace.Directory, out process)
            : throw new InvalidOperationException("nothing can start a process in a cgroup here");
        birthplace.IsUsed = errno == Errno.None;
        if (birthplace.IsUsed)
        {
            return errno;
        }

        // Where the kernel or a filter refuses that, it is moved. A pid namespace whose first process has ended takes no other: then it was the exec.
        var otherwise = ProcessCalls.TrySpawn(path, arguments, Environment, descriptors, out process);
        return otherwise == Errno.ENOMEM ? errno : otherwise;
    }

    private static byte[] PathOf(SafeFileHandle executable) => Encoding.ASCII.GetBytes($"/proc/self/fd/{executable.DangerousGetHandle()}");

    private static byte[][] Arguments(int channel) =>
        ["bld"u8.ToArray(), Encoding.ASCII.GetBytes(ContainerInit.SetupArgument), Encoding.ASCII.GetBytes(channel.ToString(CultureInfo.InvariantCulture))];

    /// <summary>For where mounts can't be cloned (no CAP_SYS_ADMIN, an old kernel): a copy in memory that nobody can change any more.</summary>
    internal static SafeFileHandle CopyToMemory(string path)
    {
        using var source = FileCalls.Open(path, OpenFlags.ReadOnly);
        var copy = ProcessCalls.MakeSealableFile();
        var buffer = new byte[1 << 16];
        int count;
        while ((count = FileCalls.Read(source, buffer)) > 0)
        {
            FileCalls.WriteAll(copy, buffer.AsSpan(0, count));
        }

        ProcessCalls.Seal(copy);
        return copy;
    }
}
