using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>Finds the command's file, with the sentences that people know from other engines.</summary>
internal static unsafe class CommandLookup
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;

    internal static byte[] Find(ProcessStep process, byte[][] environment)
    {
        var name = process.Arguments[0];
        if (name.AsSpan().Contains((byte)'/'))
        {
            Require(name);
            return name;
        }

        var path = CommandEnvironment.Find(environment, "PATH="u8)
            ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"u8.ToArray();
        return Search(name, path) ?? throw new SetupFailure(
            "exec", Show(name), Errno.ENOENT, $"exec: \"{Show(name)}\": executable file not found in $PATH", NotFound);
    }

    private static byte[]? Search(byte[] name, ReadOnlySpan<byte> path)
    {
        if (name.Length == 0)
        {
            return null;
        }

        while (true)
        {
            var end = path.IndexOf((byte)':');
            var directory = end < 0 ? path : path[..end];
            byte[] candidate = directory.IsEmpty ? [.. "./"u8, .. name] : [.. directory, (byte)'/', .. name];
            if (Check(candidate) == Errno.None)
            {
                return candidate;
            }

            if (end < 0)
            {
                return null;
            }

            path = path[(end + 1)..];
        }
    }

    private static void Require(byte[] name)
    {
        switch (Check(name))
        {
            case Errno.None:
                return;
            case Errno.EISDIR:
                throw new SetupFailure("exec", Show(name), Errno.EISDIR, $"exec: \"{Show(name)}\": is a directory: permission denied", NotExecutable);
            case Errno.EACCES:
                throw new SetupFailure("exec", Show(name), Errno.EACCES, $"exec: \"{Show(name)}\": permission denied", NotExecutable);
            case var errno:
                throw new SetupFailure(
                    "exec", Show(name), errno, $"exec: \"{Show(name)}\": stat {Show(name)}: {errno.Describe()}", NotFound);
        }
    }

    private static Errno Check(byte[] path)
    {
        const int Execute = 1;
        const int Effective = 0x200;
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            Libc.StatxBuffer status;
            var here = FileCalls.CurrentDirectory;
            if (Libc.statx(here, p, 0, 0x7ff, &status) < 0)
            {
                return FileCalls.LastError();
            }

            if ((FileKind)(status.Mode & 0xF000) == FileKind.Directory)
            {
                return Errno.EISDIR;
            }

            return Libc.faccessat(here, p, Execute, Effective) < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    private static string Show(byte[] name) => Encoding.UTF8.GetString(name);
}
