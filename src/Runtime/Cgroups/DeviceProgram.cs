using System.Buffers.Binary;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Cgroups;

/// <summary>
/// The list of devices on cgroup v2, which has no file for it: a BPF program (BPF_PROG_TYPE_CGROUP_DEVICE) that the kernel asks each time.
/// The last rule that fits decides, as in v1's list; what no rule fits is allowed, as before the first rule there.
/// </summary>
internal static unsafe class DeviceProgram
{
    // Instruction classes and operations of BPF (linux/bpf_common.h, linux/bpf.h).
    private const byte LoadWord = 0x61;
    private const byte Move = 0xb7;
    private const byte MoveRegister = 0xbf;
    private const byte And = 0x57;
    private const byte ShiftRight = 0x77;
    private const byte JumpIfEqual = 0x15;
    private const byte JumpIfNot = 0x55;
    private const byte JumpIfNotRegister = 0x5d;
    private const byte Exit = 0x95;
    private const int AllAccess = 7;

    /// <summary>Attaches a program for the rules to a cgroup.</summary>
    /// <returns>Why the kernel refused.</returns>
    internal static Errno TryAttach(string cgroup, IReadOnlyList<DeviceRule> rules)
    {
        const int Attach = 8;
        const uint DeviceAttachment = 6;
        const uint BesideOthers = 2;
        var errno = TryLoad(Compile(rules), out var program);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (program)
        using (var directory = FileCalls.Open(cgroup, OpenFlags.ReadOnly | OpenFlags.Directory))
        {
            var attributes = stackalloc uint[5]
            {
                (uint)directory.DangerousGetHandle(), (uint)program.DangerousGetHandle(), DeviceAttachment, BesideOthers, 0,
            };
            return Libc.syscall(SystemCallNumber.Bpf, Attach, (nint)attributes, 20, 0, 0, 0) < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>The program: eight bytes an instruction.</summary>
    internal static byte[] Compile(IReadOnlyList<DeviceRule> rules)
    {
        // struct bpf_cgroup_dev_ctx: access and type in halves of one word, then major and minor.
        List<byte[]> program =
        [
            Instruction(LoadWord, 2, 1, 0), Instruction(And, 2, 0, 0, 0xFFFF),
            Instruction(LoadWord, 3, 1, 0), Instruction(ShiftRight, 3, 0, 0, 16),
            Instruction(LoadWord, 4, 1, 4), Instruction(LoadWord, 5, 1, 8),
        ];
        // A rule for everything ends it: the kernel refuses a program with code that is never reached.
        var isDecided = false;
        for (var i = rules.Count - 1; i >= 0 && !isDecided; i--)
        {
            isDecided = AddRule(program, rules[i]);
        }

        if (!isDecided)
        {
            program.Add(Instruction(Move, 0, 0, 0, 1));
            program.Add(Instruction(Exit, 0, 0, 0));
        }

        return [.. program.SelectMany(static instruction => instruction)];
    }

    /// <summary>Adds a rule; whether it fits everything.</summary>
    private static bool AddRule(List<byte[]> program, DeviceRule rule)
    {
        // Conditions jump over what is left of the rule: their distance is known when all of it is.
        var conditions = new List<(byte Operation, byte Register, byte Other, int Value)>();
        if (rule.Type is "b" or "c" or "u")
        {
            conditions.Add((JumpIfNot, 2, 0, rule.Type == "b" ? 1 : 2));
        }

        var access = Access(rule.Access);
        var checksAccess = access != AllAccess;
        if (checksAccess)
        {
            // An allowance must cover all that is asked for; a refusal of one part refuses the whole.
            conditions.Add(rule.Allow ? (JumpIfNotRegister, (byte)1, (byte)3, 0) : (JumpIfEqual, (byte)1, (byte)0, 0));
        }

        if (rule.Major is >= 0)
        {
            conditions.Add((JumpIfNot, 4, 0, (int)rule.Major));
        }

        if (rule.Minor is >= 0)
        {
            conditions.Add((JumpIfNot, 5, 0, (int)rule.Minor));
        }

        if (checksAccess)
        {
            program.Add(Instruction(MoveRegister, 1, 3, 0));
            program.Add(Instruction(And, 1, 0, 0, access));
        }

        const int Verdict = 2;
        for (var i = 0; i < conditions.Count; i++)
        {
            var (operation, register, other, value) = conditions[i];
            program.Add(Instruction(operation, register, other, (short)(conditions.Count - 1 - i + Verdict), value));
        }

        program.Add(Instruction(Move, 0, 0, 0, rule.Allow ? 1 : 0));
        program.Add(Instruction(Exit, 0, 0, 0));
        return conditions.Count == 0;
    }

    private static int Access(string? letters)
    {
        var access = 0;
        foreach (var letter in string.IsNullOrEmpty(letters) ? "rwm" : letters)
        {
            access |= letter switch
            {
                'm' => 1,
                'r' => 2,
                'w' => 4,
                _ => 0,
            };
        }

        return access;
    }

    private static byte[] Instruction(byte operation, byte target, byte source, short offset, int value = 0)
    {
        var bytes = new byte[8];
        bytes[0] = operation;
        bytes[1] = (byte)(target | (source << 4));
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(2), offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), value);
        return bytes;
    }

    private static Errno TryLoad(byte[] instructions, out SafeFileHandle program)
    {
        const int Load = 5;
        const ulong DeviceProgramType = 15;
        ReadOnlySpan<byte> license = "GPL\0"u8;
        fixed (byte* code = instructions, words = license)
        {
            var attributes = stackalloc ulong[6]
            {
                DeviceProgramType | ((ulong)(instructions.Length / 8) << 32), (ulong)code, (ulong)words, 0, 0, 0,
            };
            var result = Libc.syscall(SystemCallNumber.Bpf, Load, (nint)attributes, 48, 0, 0, 0);
            program = result < 0 ? new SafeFileHandle() : new SafeFileHandle(result, ownsHandle: true);
            return result < 0 ? FileCalls.LastError() : Errno.None;
        }
    }
}
