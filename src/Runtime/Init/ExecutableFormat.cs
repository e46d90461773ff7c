using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>Looks into a file that could not be executed, to say why.</summary>
internal static class ExecutableFormat
{
    /// <summary>The interpreter that the file names (#! or ELF's PT_INTERP); null when it names none.</summary>
    internal static string? Interpreter(byte[] path)
    {
        var head = ReadHead(path);
        if (head.AsSpan().StartsWith("#!"u8))
        {
            var line = head.AsSpan(2);
            var end = line.IndexOf((byte)'\n');
            line = (end < 0 ? line : line[..end]).Trim(" \t"u8);
            end = line.IndexOfAny(" \t"u8);
            // A carriage return is part of the name, and the usual reason: show it.
            return Encoding.UTF8.GetString(end < 0 ? line : line[..end]).Replace("\r", "\\r", StringComparison.Ordinal);
        }

        return IsElf(head) ? ElfInterpreter(head) : null;
    }

    /// <summary>For an ELF file of another architecture: which, and which this machine is; else a hint or nothing.</summary>
    internal static string DescribeForeign(byte[] path)
    {
        var head = ReadHead(path);
        if (!IsElf(head) || head.Length < 20)
        {
            return head.Length == 0 ? " (the file is empty)" : " (neither a program nor a script with a #! line)";
        }

        var machine = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18));
        var name = machine switch
        {
            3 => "386",
            8 => "mips",
            20 or 21 => "ppc64",
            22 => "s390x",
            40 => "arm",
            62 => "amd64",
            183 => "arm64",
            243 => "riscv64",
            258 => "loong64",
            _ => $"ELF machine {machine}",
        };
        var own = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "amd64",
            Architecture.Arm64 => "arm64",
            var other => other.ToString(),
        };
        return name == own ? "" : $" (the file is for {name}, this machine is {own}; qemu-user-static with binfmt_misc runs foreign programs)";
    }

    private static bool IsElf(ReadOnlySpan<byte> head) => head.StartsWith("\u007fELF"u8);

    // ELF64 little-endian: e_phoff at 32, e_phentsize at 54, e_phnum at 56; PT_INTERP is 3, p_offset at 8, p_filesz at 32.
    private static string? ElfInterpreter(ReadOnlySpan<byte> head)
    {
        if (head.Length < 64 || head[4] != 2)
        {
            return null;
        }

        var offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(head[32..]);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(head[54..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(head[56..]);
        for (var i = 0; i < count && offset >= 0 && offset + 56 <= head.Length; i++, offset += size)
        {
            var header = head[offset..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == 3)
            {
                var start = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
                var length = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
                return start < 0 || length <= 0 || start + length > head.Length
                    ? null
                    : Encoding.UTF8.GetString(head.Slice((int)start, (int)length).TrimEnd((byte)0));
            }
        }

        return null;
    }

    private static byte[] ReadHead(byte[] path)
    {
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, path, OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, out var file) != Errno.None)
        {
            return [];
        }

        using (file)
        {
            return ProcessCalls.ReadAll(file, 8192);
        }
    }
}
