namespace Bld.Builder.Snapshots;

/// <summary>How a root file system is put together of snapshots. What is stored is the same with each.</summary>
internal enum StorageDriver
{
    /// <summary>Overlay, and where that can't be mounted plain copies.</summary>
    Automatic,

    /// <summary>Overlay; an error where it can't be mounted.</summary>
    Overlay,

    /// <summary>Plain copies (<c>vfs</c>): slow, and possible wherever a file can be written.</summary>
    Copy,
}
