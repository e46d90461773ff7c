using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>Masked paths (nothing to be seen) and read-only paths (nothing to be changed); those that are missing are skipped.</summary>
internal sealed class PathCovers : IDisposable
{
    private SafeFileHandle? _null;
    private SafeFileHandle? _empty;

    internal void Mask(MountTargets targets, byte[] path)
    {
        if (!targets.TryOpen(path, out var target))
        {
            return;
        }

        using (target)
        {
            if (FileCalls.Status(target).IsDirectory)
            {
                CoverDirectory(target, path);
            }
            else
            {
                CoverFile(target, path);
            }
        }
    }

    internal static void MakeReadOnly(MountTargets targets, byte[] path)
    {
        if (!targets.TryOpen(path, out var target))
        {
            return;
        }

        using (target)
        {
            SetupFailure.Check(
                MountCalls.TryOpenTree(target, default, clone: true, recursive: true, out var tree), "bind read-only", path);
            using (tree)
            {
                SetupFailure.Check(
                    MountCalls.TrySetAttributes(tree, recursive: true, MountAttributeFlags.ReadOnly), "make read-only", path);
                SetupFailure.Check(MountCalls.TryMoveMount(tree, target), "bind read-only", path);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _null?.Dispose();
        _empty?.Dispose();
    }

    // CVE-2025-31133: the container's /dev/null may be a link; the host's is verified and bound by descriptor, so that nobody inside may
    // change its owner and mode.
    private void CoverFile(SafeFileHandle target, byte[] path)
    {
        _null ??= OpenNullDevice();
        SetupFailure.Check(MountCalls.TryOpenTree(_null, default, clone: true, recursive: false, out var cover), "bind /dev/null");
        using (cover)
        {
            SetupFailure.Check(MountCalls.TrySetAttributes(cover, recursive: false, DeviceMaker.OfTheHost), "make read-only", path);
            SetupFailure.Check(MountCalls.TryMoveMount(cover, target), "mask", path);
        }
    }

    // One empty file system for all: once it has a place in this namespace, it can be cloned.
    private void CoverDirectory(SafeFileHandle target, byte[] path)
    {
        if (_empty is null)
        {
            _empty = MakeEmpty();
            SetupFailure.Check(MountCalls.TryMoveMount(_empty, target), "mask", path);
            return;
        }

        SetupFailure.Check(MountCalls.TryOpenTree(_empty, default, clone: true, recursive: false, out var clone), "bind an empty directory");
        using (clone)
        {
            SetupFailure.Check(MountCalls.TryMoveMount(clone, target), "mask", path);
        }
    }

    private static SafeFileHandle OpenNullDevice()
    {
        var device = FileCalls.Open(FileCalls.CurrentDirectory, "/dev/null"u8, OpenFlags.Path | OpenFlags.NoFollow);
        var status = FileCalls.Status(device);
        return status.Kind == FileKind.CharacterDevice && status.NodeDevice == (1, 3)
            ? device
            : throw new SetupFailure("mask", "/dev/null", Errno.ENODEV, "mask: the host's /dev/null is not the null device");
    }

    private static SafeFileHandle MakeEmpty()
    {
        const uint Attributes = (uint)(MountAttributeFlags.ReadOnly | MountAttributeFlags.NoSetUserId
            | MountAttributeFlags.NoDevices | MountAttributeFlags.NoExecute);
        byte[][] data = ["nr_inodes"u8.ToArray(), "1"u8.ToArray(), "mode"u8.ToArray(), "0555"u8.ToArray()];
        SetupFailure.Check(
            TreeMaker.TryMakeFileSystem("tmpfs"u8, "tmpfs"u8.ToArray(), data, Attributes, out var empty, out _), "mount an empty directory");
        return empty;
    }
}
