using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// How an overlay upper directory says that something below is gone (Documentation/filesystems/overlayfs.rst): a character device
/// 0:0 deletes a name, an attribute makes a directory opaque. In a user namespace, and where nothing can be mounted, the attribute is
/// <c>user.overlay.*</c>.
/// </summary>
internal static class OverlayMarks
{
    private static bool? _inUserNamespace;

    /// <summary>Whether this process is in a user namespace other than the first, whose map is the identity over all ids.</summary>
    internal static bool InUserNamespace => _inUserNamespace ??= !MapsEverything(File.ReadAllText("/proc/self/uid_map"));

    /// <summary>Makes a name deleted.</summary>
    internal static Errno TryMakeWhiteout(SafeFileHandle directory, ReadOnlySpan<byte> name) =>
        FileCalls.TryMakeNode(directory, name, (uint)FileKind.CharacterDevice, (0, 0));

    /// <summary>Hides everything that lies below an open directory.</summary>
    internal static void MakeOpaque(SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        var name = InUserNamespace || !MountCalls.AreAllowed ? "user.overlay.opaque"u8 : "trusted.overlay.opaque"u8;
        if (FileCalls.TrySetAttribute(directory, path, name, "y"u8) is var errno and not Errno.None)
        {
            throw new LinuxException("setxattr overlay.opaque", System.Text.Encoding.UTF8.GetString(path), errno);
        }
    }

    /// <summary>Whether a directory hides everything that lies below it.</summary>
    internal static bool IsOpaque(SafeFileHandle directory)
    {
        foreach (var name in FileCalls.AttributeNames(directory))
        {
            if (FileCalls.Attribute(directory, name.Span) is { } value && IsOpaque(name.Span, value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an attribute of this name and value makes its directory opaque; <c>x</c> only says that whiteouts may be attributes.</summary>
    internal static bool IsOpaque(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        (name.SequenceEqual("trusted.overlay.opaque"u8) || name.SequenceEqual("user.overlay.opaque"u8)) && value.SequenceEqual("y"u8);

    /// <summary>Whether an attribute marks an empty regular file as a deleted name (Linux 6.7, written by other programs).</summary>
    internal static bool IsWhiteout(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("trusted.overlay.whiteout"u8) || name.SequenceEqual("user.overlay.whiteout"u8);

    private static bool MapsEverything(string map) =>
        map.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];
}
