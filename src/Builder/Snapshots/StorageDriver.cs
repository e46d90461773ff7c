namespace Bld.Builder.Snapshots;

/// <summary>How a root file system is put together of snapshots. What is stored is the same with each.</summary>
internal enum StorageDriver
{
    /// <summary>Overlay, where the kernel can't mount that fuse-overlayfs, and without that plain copies.</summary>
    Automatic,

    /// <summary>Overlay of the kernel or by fuse-overlayfs; an error where neither can be mounted.</summary>
    Overlay,

    /// <summary>Overlay by a program (<c>mount_program</c> of storage.conf).</summary>
    Program,

    /// <summary>Plain copies (<c>vfs</c>): slow, and possible wherever a file can be written.</summary>
    Copy,
}
