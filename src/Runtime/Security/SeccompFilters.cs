using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Security;

/// <summary>A compiled filter: instructions of eight bytes each, and the flags to install it with.</summary>
internal sealed record SeccompFilter(byte[] Program, uint Flags);

/// <summary>
/// Compiled filters, once for each profile: compiling takes some milliseconds, which a RUN of five does not have. Kept in this
/// process, and in files whose names are digests of all that goes into them.
/// </summary>
internal static class SeccompFilters
{
    // Counted up when the compiler below changes what it makes.
    private const int CompilerVersion = 1;
    private static readonly Dictionary<UInt128, SeccompFilter> Known = [];
    private static readonly Lock Gate = new();

    internal static SeccompFilter Compile(SeccompSpec profile, string? directory)
    {
        var key = Key(profile);
        lock (Gate)
        {
            if (Known.TryGetValue(key, out var known))
            {
                return known;
            }

            var path = directory is null ? null : Path.Combine(directory, $"seccomp-{key:x32}.bpf");
            var program = (path is null ? null : Read(path)) ?? CompileAndKeep(profile, path);
            var filter = new SeccompFilter(program, Flags(profile));
            Known.Add(key, filter);
            return filter;
        }
    }

    private static byte[] CompileAndKeep(SeccompSpec profile, string? path)
    {
        var program = SeccompCompiler.Compile(profile);
        if (path is not null)
        {
            Keep(path, program);
        }

        return program;
    }

    private static uint Flags(SeccompSpec profile)
    {
        var flags = 0u;
        foreach (var flag in profile.Flags ?? [])
        {
            flags |= SeccompWords.Flag(flag);
        }

        return flags;
    }

    private static byte[]? Read(string path)
    {
        const int LargestProgram = 4096 * 8;
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly, 0, out var file) != Errno.None)
        {
            return null;
        }

        using (file)
        {
            var status = FileCalls.Status(file);
            // Only what this user wrote, and whole instructions.
            var program = status.UserId == Libc.geteuid() && (status.Permissions & 0x12) == 0 ? ProcessCalls.ReadAll(file, LargestProgram) : [];
            return program.Length > 0 && program.Length % 8 == 0 ? program : null;
        }
    }

    // A cache: when it can't be written, the next process compiles again.
    private static void Keep(string path, byte[] program)
    {
        var temporary = Encoding.UTF8.GetBytes($"{path}.{Environment.ProcessId}");
        const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, temporary, Flags, 0x180, out var file) != Errno.None)
        {
            return;
        }

        using (file)
        {
            FileCalls.WriteAll(file, program);
        }

        _ = FileCalls.TryRename(FileCalls.CurrentDirectory, temporary, FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path));
    }

    // FNV-1a with 128 bits: it tells profiles of one user apart, and needs no cryptography library to be loaded.
    private static UInt128 Key(SeccompSpec profile)
    {
        var hash = new Fingerprint();
        hash.Add(CompilerVersion);
        hash.Add(SeccompCompiler.LibraryVersion());
        hash.Add((ulong)System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture);
        hash.Add(profile.DefaultAction);
        hash.Add(profile.DefaultErrnoRet ?? ulong.MaxValue);
        hash.Add(profile.Architectures ?? []);
        hash.Add(profile.Flags ?? []);
        foreach (var rule in profile.Syscalls ?? [])
        {
            hash.Add(rule.Names);
            hash.Add(rule.Action);
            hash.Add(rule.ErrnoRet ?? ulong.MaxValue);
            foreach (var argument in rule.Args ?? [])
            {
                hash.Add(argument.Index);
                hash.Add(argument.Operator);
                hash.Add(argument.Value);
                hash.Add(argument.ValueTwo);
            }
        }

        return hash.Value;
    }

    private struct Fingerprint()
    {
        private static readonly UInt128 Prime = new(1UL << 24, 0x13B);

        internal UInt128 Value { get; private set; } = new(0x6c62272e07bb0142, 0x62b821756295c58d);

        internal void Add(ulong number) => Value = (Value ^ number) * Prime;

        internal void Add(string text)
        {
            Add((ulong)text.Length);
            foreach (var character in text)
            {
                Add(character);
            }
        }

        internal void Add(IReadOnlyList<string> texts)
        {
            Add((ulong)texts.Count);
            foreach (var text in texts)
            {
                Add(text);
            }
        }
    }
}
