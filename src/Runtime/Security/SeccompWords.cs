namespace Bld.Runtime.Security;

/// <summary>The spec's words for actions, architectures, operators and flags, as numbers.</summary>
internal static class SeccompWords
{
    private const uint NotPermitted = 1;

    internal static uint Action(string name, uint? errno) => name switch
    {
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => 0,
        "SCMP_ACT_KILL_PROCESS" => 0x80000000,
        "SCMP_ACT_TRAP" => 0x00030000,
        "SCMP_ACT_ERRNO" => 0x00050000 | (errno ?? NotPermitted),
        "SCMP_ACT_TRACE" => 0x7ff00000 | (errno ?? NotPermitted),
        "SCMP_ACT_NOTIFY" => 0x7fc00000,
        "SCMP_ACT_LOG" => 0x7ffc0000,
        "SCMP_ACT_ALLOW" => 0x7fff0000,
        _ => throw new ContainerException($"seccomp: unknown action \"{name}\"", "seccomp", name),
    };

    internal static uint Architecture(string name) => name switch
    {
        "SCMP_ARCH_X86" => 0x40000003,
        "SCMP_ARCH_X86_64" => 0xC000003E,
        "SCMP_ARCH_X32" => 0x4000003E,
        "SCMP_ARCH_ARM" => 0x40000028,
        "SCMP_ARCH_AARCH64" => 0xC00000B7,
        "SCMP_ARCH_MIPS" => 0x08,
        "SCMP_ARCH_MIPS64" => 0x80000008,
        "SCMP_ARCH_MIPS64N32" => 0xA0000008,
        "SCMP_ARCH_MIPSEL" => 0x40000008,
        "SCMP_ARCH_MIPSEL64" => 0xC0000008,
        "SCMP_ARCH_MIPSEL64N32" => 0xE0000008,
        "SCMP_ARCH_PPC" => 0x14,
        "SCMP_ARCH_PPC64" => 0x80000015,
        "SCMP_ARCH_PPC64LE" => 0xC0000015,
        "SCMP_ARCH_S390" => 0x16,
        "SCMP_ARCH_S390X" => 0x80000016,
        "SCMP_ARCH_RISCV64" => 0xC00000F3,
        _ => throw new ContainerException($"seccomp: unknown architecture \"{name}\"", "seccomp", name),
    };

    internal static int Operator(string name) => name switch
    {
        "SCMP_CMP_NE" => 1,
        "SCMP_CMP_LT" => 2,
        "SCMP_CMP_LE" => 3,
        "SCMP_CMP_EQ" => 4,
        "SCMP_CMP_GE" => 5,
        "SCMP_CMP_GT" => 6,
        "SCMP_CMP_MASKED_EQ" => 7,
        _ => throw new ContainerException($"seccomp: unknown operator \"{name}\"", "seccomp", name),
    };

    /// <summary>SECCOMP_FILTER_FLAG_*.</summary>
    internal static uint Flag(string name) => name switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => 0, // Init has one thread that matters, and the others do not survive its exec.
        "SECCOMP_FILTER_FLAG_LOG" => 2,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => 4,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => 32,
        _ => throw new ContainerException($"seccomp: unknown flag \"{name}\"", "seccomp", name),
    };
}
