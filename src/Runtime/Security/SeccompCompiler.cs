using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Security;

/// <summary>A profile through libseccomp, which knows every architecture's call numbers, to the kernel's instructions.</summary>
internal static unsafe class SeccompCompiler
{
    private const int BadArchitectureAttribute = 2;
    private const int NoNewPrivilegesAttribute = 3;
    private const int OptimizeAttribute = 8;

    /// <summary>The library's version: major, minor and micro in 16 bits each.</summary>
    internal static ulong LibraryVersion() => Guard(static () =>
    {
        var version = Libseccomp.seccomp_version();
        return version is null ? 0 : ((ulong)version[0] << 32) | ((ulong)version[1] << 16) | version[2];
    });

    internal static byte[] Compile(SeccompSpec profile) => Guard(() =>
    {
        var context = Libseccomp.seccomp_init(SeccompWords.Action(profile.DefaultAction, profile.DefaultErrnoRet));
        if (context == 0)
        {
            throw new ContainerException($"seccomp: the default action {profile.DefaultAction} is not accepted", "seccomp");
        }

        try
        {
            Fill(context, profile);
            return Export(context);
        }
        finally
        {
            Libseccomp.seccomp_release(context);
        }
    });

    private static void Fill(nint context, SeccompSpec profile)
    {
        foreach (var architecture in profile.Architectures ?? [])
        {
            const int Exists = -17;
            var result = Libseccomp.seccomp_arch_add(context, SeccompWords.Architecture(architecture));
            if (result is < 0 and not Exists)
            {
                throw Failed($"architecture {architecture}", result);
            }
        }

        // no_new_privs is set by init where wanted, and a binary search beats 400 comparisons.
        _ = Libseccomp.seccomp_attr_set(context, NoNewPrivilegesAttribute, 0);
        _ = Libseccomp.seccomp_attr_set(context, OptimizeAttribute, 2);
        _ = Libseccomp.seccomp_attr_set(context, BadArchitectureAttribute, SeccompWords.Action("SCMP_ACT_KILL_PROCESS", null));
        var defaultAction = SeccompWords.Action(profile.DefaultAction, profile.DefaultErrnoRet);
        foreach (var rule in profile.Syscalls ?? [])
        {
            var action = SeccompWords.Action(rule.Action, rule.ErrnoRet);
            if (action == defaultAction)
            {
                // libseccomp refuses a rule that says what the default says.
                continue;
            }

            foreach (var name in rule.Names)
            {
                Add(context, action, name, rule.Args ?? []);
            }
        }
    }

    private static void Add(nint context, uint action, string name, IReadOnlyList<SeccompArgument> arguments)
    {
        const int Unknown = -1;
        var number = Resolve(name);
        if (number == Unknown)
        {
            // A name of a newer kernel, or of another architecture: it can't be called by number either.
            return;
        }

        var list = stackalloc Libseccomp.Argument[6];
        var repeats = false;
        var seen = 0u;
        for (var i = 0; i < Math.Min(arguments.Count, 6); i++)
        {
            var argument = arguments[i];
            repeats |= (seen & (1u << (int)argument.Index)) != 0;
            seen |= 1u << (int)argument.Index;
            list[i] = new Libseccomp.Argument
            {
                Index = argument.Index,
                Operator = SeccompWords.Operator(argument.Operator),
                First = argument.Value,
                Second = argument.ValueTwo,
            };
        }

        if (!repeats)
        {
            Check(Libseccomp.seccomp_rule_add_array(context, action, number, (uint)arguments.Count, list), name);
            return;
        }

        // Several conditions on one argument mean "any of them" in profiles of this kind; the library wants a rule each.
        for (var i = 0; i < arguments.Count; i++)
        {
            Check(Libseccomp.seccomp_rule_add_array(context, action, number, 1, list + i), name);
        }
    }

    private static int Resolve(string name)
    {
        var bytes = new CString(Encoding.UTF8.GetBytes(name), stackalloc byte[CString.StackSize]);
        fixed (byte* n = bytes)
        {
            return Libseccomp.seccomp_syscall_resolve_name(n);
        }
    }

    private static byte[] Export(nint context)
    {
        const int LargestProgram = 1 << 20;
        using var file = ProcessCalls.MakeMemoryFile(default);
        var result = Libseccomp.seccomp_export_bpf(context, (int)file.DangerousGetHandle());
        if (result < 0)
        {
            throw Failed("export the filter", result);
        }

        FileCalls.Seek(file, 0);
        return ProcessCalls.ReadAll(file, LargestProgram);
    }

    private static void Check(int result, string name)
    {
        const int Exists = -17;
        const int NotOnThisArchitecture = -33;
        if (result is < 0 and not (Exists or NotOnThisArchitecture))
        {
            throw Failed($"rule for {name}", result);
        }
    }

    private static T Guard<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (DllNotFoundException)
        {
            throw new ContainerException(
                "libseccomp.so.2 is not installed, so the system call filter can't be made; install it (package libseccomp2 or libseccomp), "
                + "or allow containers without the filter by --security-opt seccomp=unconfined",
                "seccomp", "libseccomp.so.2", Errno.ENOENT);
        }
    }

    private static ContainerException Failed(string what, int result) =>
        new($"seccomp: {what}: {((Errno)(-result)).Describe()}", "seccomp", what, (Errno)(-result));
}
