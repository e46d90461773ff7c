using System.IO.Compression;
using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>A program that is carried compressed and lies unpacked in a directory that only its owner writes to.</summary>
internal static class InitProgramFile
{
    private const uint OwnerOnly = 0x1C0;

    // Root of a user namespace may be anybody on the host, and goes on from its own executable.
    private const uint Executable = 0x16D;
    private const uint OthersWrite = 0x12;

    /// <summary>Its path, unpacked if it isn't there yet; null where it can't be had, or not be run.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="trailer">The packed program's last eight bytes, the least significant first: its checksum and its length (RFC 1952), which name it.</param>
    /// <param name="open">Opens the packed program, only when it has to be unpacked.</param>
    internal static string? Find(string directory, ulong trailer, Func<Stream?> open)
    {
        const int BitsOfChecksum = 32;
        if (trailer == 0 || Open(directory) is not { } place)
        {
            return null;
        }

        using (place)
        {
            var length = (uint)(trailer >> BitsOfChecksum);
            var name = $"init-{(uint)trailer:x8}-{length}";
            var isThere = IsThere(place, name, length) || (TryUnpack(open, place, name) && IsThere(place, name, length));
            return isThere ? $"{directory}/{name}" : null;
        }
    }

    private static SafeFileHandle? Open(string directory)
    {
        var path = Encoding.UTF8.GetBytes(directory);
        _ = FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, path, OwnerOnly);
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, path, Flags, 0, out var handle) == Errno.None
            && IsOurs(FileCalls.Status(handle)) && !FileCalls.ForbidsExecution(handle))
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    private static bool IsThere(SafeFileHandle directory, string name, uint length) =>
        FileCalls.TryStatus(directory, Encoding.ASCII.GetBytes(name), out var status) == Errno.None
        && status.Kind == FileKind.Regular && status.Size == length && IsOurs(status);

    private static bool IsOurs(FileStatus status) => status.UserId == Libc.geteuid() && (status.Permissions & OthersWrite) == 0;

    // A cache: where it can't be written, init is this program.
    private static bool TryUnpack(Func<Stream?> open, SafeFileHandle directory, string name)
    {
        using var packed = open();
        if (packed is null)
        {
            return false;
        }

        var temporary = Encoding.ASCII.GetBytes($"{name}.{Environment.ProcessId}");
        const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
        if (FileCalls.TryOpen(directory, temporary, Flags, Executable, out var file) != Errno.None)
        {
            return false;
        }

        try
        {
            using (file)
            using (var program = new GZipStream(packed, CompressionMode.Decompress))
            {
                var buffer = new byte[1 << 16];
                int count;
                while ((count = program.Read(buffer)) > 0)
                {
                    FileCalls.WriteAll(file, buffer.AsSpan(0, count));
                }
            }

            if (HasNoWriter(directory, temporary)
                && FileCalls.TryRename(directory, temporary, directory, Encoding.ASCII.GetBytes(name)) == Errno.None)
            {
                return true;
            }
        }
        catch (IOException)
        {
            // Removed below.
        }

        _ = FileCalls.TryUnlink(directory, temporary);
        return false;
    }

    /// <summary>
    /// Waits until nobody has the file open for writing: a process that was forked meanwhile has, until it execs, and so long the kernel
    /// runs no program from it (ETXTBSY). The first process of a pid namespace has one try only.
    /// </summary>
    private static bool HasNoWriter(SafeFileHandle directory, byte[] name)
    {
        const int Tries = 500;
        if (FileCalls.TryOpen(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out var file) != Errno.None)
        {
            return false;
        }

        using (file)
        {
            for (var i = 0; i < Tries; i++)
            {
                if (ProcessCalls.HasNoWriter(file))
                {
                    return true;
                }

                Thread.Sleep(1);
            }

            return false;
        }
    }
}
