using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>The option <c>tmpcopyup</c>: a new tmpfs starts with what the directory under it held.</summary>
internal static class TreeCopy
{
    private const OpenFlags DirectoryFlags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <param name="covered">The directory below the mount, opened before it was covered.</param>
    /// <param name="tree">The new mount's root.</param>
    /// <param name="options">Names and values by turns: a mode and an owner that are asked for are not those of the directory below.</param>
    internal static void CopyUp(SafeFileHandle covered, SafeFileHandle tree, byte[][] options)
    {
        using var source = FileCalls.Open(covered, "."u8, DirectoryFlags);
        using var target = FileCalls.Open(tree, "."u8, DirectoryFlags);
        CopyDirectory(source, target);
        var status = FileCalls.Status(source);
        if (!Names(options, "uid"u8) && !Names(options, "gid"u8))
        {
            FileCalls.ChangeOwner(target, default, status.UserId, status.GroupId);
        }

        if (!Names(options, "mode"u8))
        {
            FileCalls.ChangeMode(target, status.Permissions);
        }

        FileCalls.ChangeModifiedTime(target, "."u8, status.ModifiedAt);
    }

    private static bool Names(byte[][] options, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < options.Length; i += 2)
        {
            if (name.SequenceEqual(options[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static void CopyDirectory(SafeFileHandle source, SafeFileHandle target)
    {
        foreach (var entry in FileCalls.ReadDirectory(source))
        {
            Copy(source, target, entry.Name.Span);
        }
    }

    private static void Copy(SafeFileHandle source, SafeFileHandle target, ReadOnlySpan<byte> name)
    {
        var status = FileCalls.Status(source, name);
        switch (status.Kind)
        {
            case FileKind.Directory:
                FileCalls.MakeDirectory(target, name, status.Permissions);
                using (var from = FileCalls.Open(source, name, DirectoryFlags))
                using (var to = FileCalls.Open(target, name, DirectoryFlags))
                {
                    CopyDirectory(from, to);
                }

                break;
            case FileKind.Regular:
                CopyContent(source, target, name, status);
                break;
            case FileKind.SymbolicLink:
                FileCalls.MakeSymbolicLink(FileCalls.ReadLink(source, name).Span, target, name);
                break;
            default:
                FileCalls.MakeNode(target, name, status.RawMode, status.NodeDevice);
                break;
        }

        CopyMetadata(status, target, name);
    }

    private static void CopyContent(SafeFileHandle source, SafeFileHandle target, ReadOnlySpan<byte> name, FileStatus status)
    {
        using var from = FileCalls.Open(source, name, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        using var to = FileCalls.Open(target, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, status.Permissions);
        var buffer = new byte[65536];
        int count;
        while ((count = FileCalls.Read(from, buffer)) > 0)
        {
            FileCalls.WriteAll(to, buffer.AsSpan(0, count));
        }
    }

    private static void CopyMetadata(FileStatus status, SafeFileHandle target, ReadOnlySpan<byte> name)
    {
        FileCalls.ChangeOwner(target, name, status.UserId, status.GroupId);
        if (!status.IsSymbolicLink)
        {
            FileCalls.ChangeMode(target, name, status.Permissions);
        }

        FileCalls.ChangeModifiedTime(target, name, status.ModifiedAt);
    }
}
