using System.Runtime.InteropServices;

namespace Bld.Runtime.Security;

/// <summary>libseccomp's functions as declared; its soname is part of every distribution's package.</summary>
internal static unsafe partial class Libseccomp
{
    private const string Library = "libseccomp.so.2";

    [LibraryImport(Library)]
    internal static partial nint seccomp_init(uint action);

    [LibraryImport(Library)]
    internal static partial void seccomp_release(nint context);

    [LibraryImport(Library)]
    internal static partial int seccomp_arch_add(nint context, uint architecture);

    [LibraryImport(Library)]
    internal static partial int seccomp_attr_set(nint context, int attribute, uint value);

    [LibraryImport(Library)]
    internal static partial int seccomp_syscall_resolve_name(byte* name);

    [LibraryImport(Library)]
    internal static partial int seccomp_rule_add_array(nint context, uint action, int call, uint count, Argument* arguments);

    [LibraryImport(Library)]
    internal static partial int seccomp_export_bpf(nint context, int descriptor);

    [LibraryImport(Library)]
    internal static partial uint* seccomp_version();

    /// <summary>struct scmp_arg_cmp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Argument
    {
        public uint Index;
        public int Operator;
        public ulong First;
        public ulong Second;
    }
}
