using System.Runtime.InteropServices;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Security;

/// <summary>The containers' default system call filter, for a set of capabilities.</summary>
public static class DefaultSeccomp
{
    private const string Allow = "SCMP_ACT_ALLOW";
    private const string Errno = "SCMP_ACT_ERRNO";
    private const uint NoSuchCall = 38;
    private const uint NotPermitted = 1;
    private const uint InvalidArgument = 22;

    /// <summary>Makes the profile; <paramref name="capabilities"/> are the bounding ones, by name.</summary>
    public static SeccompSpec Create(IReadOnlyCollection<string> capabilities)
    {
        var held = new HashSet<string>(capabilities, StringComparer.Ordinal);
        List<SeccompRule> rules =
        [
            Rule(SeccompNames.Refused, Errno, NotPermitted),
            Rule(SeccompNames.Allowed, Allow),
            Rule(ArchitectureNames(), Allow),
        ];
        foreach (var (capability, names) in SeccompNames.ByCapability)
        {
            rules.Add(held.Contains(capability) ? Rule(names, Allow) : Rule(names, Errno, NotPermitted));
        }

        // personality(2): PER_LINUX, PER_LINUX32, both with UNAME26, and the question what it is.
        foreach (var persona in (ReadOnlySpan<ulong>)[0, 8, 0x20000, 0x20008, 0xffffffff])
        {
            rules.Add(Rule("personality", Allow) with { Args = [Equal(0, persona)] });
        }

        rules.AddRange(SocketRules(held.Contains("CAP_AUDIT_WRITE")));
        return new SeccompSpec
        {
            DefaultAction = Errno,
            DefaultErrnoRet = NoSuchCall,
            Architectures = Architectures(),
            Syscalls = rules,
        };
    }

    // An audit socket (AF_NETLINK, NETLINK_AUDIT) only with CAP_AUDIT_WRITE; EINVAL makes PAM go on without.
    private static IEnumerable<SeccompRule> SocketRules(bool mayAudit)
    {
        const ulong Netlink = 16;
        const ulong Audit = 9;
        if (mayAudit)
        {
            return [Rule("socket", Allow)];
        }

        return
        [
            Rule("socket", Errno, InvalidArgument) with { Args = [Equal(0, Netlink), Equal(2, Audit)] },
            Rule("socket", Allow) with { Args = [Equal(2, Audit) with { Operator = "SCMP_CMP_NE" }] },
            Rule("socket", Allow) with { Args = [Equal(0, Netlink) with { Operator = "SCMP_CMP_NE" }] },
        ];
    }

    private static SeccompRule Rule(string names, string action, uint? errno = null) => new()
    {
        Names = names.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
        Action = action,
        ErrnoRet = errno,
    };

    private static SeccompArgument Equal(uint index, ulong value) => new() { Index = index, Value = value };

    private static string ArchitectureNames() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "arch_prctl modify_ldt",
        Architecture.Arm64 => "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
        Architecture.Ppc64le => "sync_file_range2",
        Architecture.S390x => "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
        _ => "",
    };

    private static string[] Architectures() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        Architecture.Arm64 => ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        _ => [],
    };
}
