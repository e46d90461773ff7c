using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// What is set by writing into /proc: sysctls and security labels. It goes through a procfs of our own that has no place in
/// any tree, so nothing that an image or a mount puts at /proc can catch or fake the write (CVE-2025-52881, CVE-2019-16884).
/// </summary>
internal static class ProcessAttributes
{
    /// <summary>A detached procfs of the pid namespace, or the host's where a new one is not allowed.</summary>
    internal static SafeFileHandle OpenProc()
    {
        var errno = TreeMaker.TryMakeFileSystem("proc"u8, [], [], 0, out var proc, out _);
        return errno == Errno.None
            ? proc
            : FileCalls.Open(FileCalls.CurrentDirectory, "/proc"u8, OpenFlags.Path | OpenFlags.Directory);
    }

    /// <summary>Names and values by turns; names with dots or slashes.</summary>
    internal static void WriteSysctls(SafeFileHandle proc, byte[][] sysctls)
    {
        for (var i = 0; i < sysctls.Length; i += 2)
        {
            var name = Encoding.UTF8.GetString(sysctls[i]);
            Write(proc, "sys/" + SysctlName.PathOf(name), sysctls[i + 1], $"set sysctl {name}");
        }
    }

    /// <summary>Labels that take effect at exec. Which of them the host knows was asked by the parent.</summary>
    internal static void SetSecurityLabels(SafeFileHandle proc, InitPlan plan)
    {
        if (plan.SelinuxLabel.Length > 0)
        {
            Write(proc, "thread-self/attr/exec", plan.SelinuxLabel, "set the SELinux label");
        }

        if (plan.AppArmorProfile.Length > 0)
        {
            byte[] text = [.. "exec "u8, .. plan.AppArmorProfile];
            if (FileCalls.TryOpen(proc, "thread-self/attr/apparmor/exec"u8, OpenFlags.WriteOnly, 0, out var file) == Errno.None)
            {
                using (file)
                {
                    FileCalls.WriteAll(file, text);
                    return;
                }
            }

            Write(proc, "thread-self/attr/exec", text, "set the AppArmor profile");
        }
    }

    private static void Write(SafeFileHandle proc, string path, byte[] value, string step)
    {
        const ResolveFlags Within = ResolveFlags.Beneath | ResolveFlags.NoCrossMounts;
        var name = Encoding.UTF8.GetBytes(path);
        SetupFailure.Check(FileCalls.TryOpenResolving(proc, name, OpenFlags.WriteOnly, 0, Within, out var file), step);
        using (file)
        {
            try
            {
                FileCalls.WriteAll(file, value);
            }
            catch (LinuxException failure)
            {
                throw new SetupFailure(step, "", failure.Errno);
            }
        }
    }
}
