using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>What a directory is besides its names: owner, mode, extended attributes, modification time.</summary>
internal static class Metadata
{
    /// <summary>Makes one open directory like another, the time last, since everything else may change it.</summary>
    internal static void Copy(SafeFileHandle from, SafeFileHandle to)
    {
        var status = FileCalls.Status(from);
        CopyOwnerAndMode(status, to);
        CopyAttributes(from, to);
        FileCalls.ChangeModifiedTime(to, status.ModifiedAt);
    }

    /// <summary>Owner and mode; in that order, because chown(2) clears the setuid bits.</summary>
    internal static void CopyOwnerAndMode(FileStatus status, SafeFileHandle to)
    {
        FileCalls.ChangeOwner(to, status.UserId, status.GroupId);
        FileCalls.ChangeMode(to, status.Permissions);
    }

    /// <summary>The attributes that belong to a rootfs (<see cref="ContentAttributes.Belongs"/>).</summary>
    internal static void CopyAttributes(SafeFileHandle from, SafeFileHandle to)
    {
        foreach (var name in FileCalls.AttributeNames(from))
        {
            if (ContentAttributes.Belongs(name.Span) && FileCalls.Attribute(from, name.Span) is { } value)
            {
                ContentAttributes.Set(to, name.Span, value);
            }
        }
    }
}
