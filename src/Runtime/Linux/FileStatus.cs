namespace Bld.Runtime.Linux;

/// <summary>The kinds of file (the S_IFMT bits of a mode).</summary>
public enum FileKind
{
    Unknown = 0,
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
}

/// <summary>A point in time as the kernel keeps it: seconds since 1970 (may be negative) and nanoseconds.</summary>
public readonly record struct FileTime(long Seconds, uint Nanoseconds) : IComparable<FileTime>
{
    /// <inheritdoc/>
    public int CompareTo(FileTime other) =>
        Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);

    public static bool operator <(FileTime left, FileTime right) => left.CompareTo(right) < 0;

    public static bool operator >(FileTime left, FileTime right) => left.CompareTo(right) > 0;

    public static bool operator <=(FileTime left, FileTime right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FileTime left, FileTime right) => left.CompareTo(right) >= 0;
}

/// <summary>What statx(2) says of a file.</summary>
public readonly record struct FileStatus
{
    /// <summary>Kind and permission bits together, as st_mode.</summary>
    public required uint RawMode { get; init; }

    public required uint UserId { get; init; }

    public required uint GroupId { get; init; }

    /// <summary>Length in bytes; for a symbolic link that of its text.</summary>
    public required long Size { get; init; }

    /// <summary>Allocated blocks of 512 bytes.</summary>
    public required long Blocks { get; init; }

    public required ulong Inode { get; init; }

    /// <summary>Number of hard links.</summary>
    public required uint Links { get; init; }

    /// <summary>The device that holds the file, as major and minor.</summary>
    public required (uint Major, uint Minor) Device { get; init; }

    /// <summary>The device that a device node stands for.</summary>
    public required (uint Major, uint Minor) NodeDevice { get; init; }

    public required FileTime ModifiedAt { get; init; }

    public required FileTime ChangedAt { get; init; }

    /// <summary>The mount's id (statx STATX_MNT_ID); 0 where the kernel doesn't tell.</summary>
    public required ulong MountId { get; init; }

    public FileKind Kind => (FileKind)(RawMode & 0xF000);

    /// <summary>Permission bits with setuid, setgid and sticky: 07777.</summary>
    public uint Permissions => RawMode & 0xFFF;

    public bool IsDirectory => Kind == FileKind.Directory;

    public bool IsRegular => Kind == FileKind.Regular;

    public bool IsSymbolicLink => Kind == FileKind.SymbolicLink;

    /// <summary>Overlayfs marks a deleted name by a character device 0:0.</summary>
    public bool IsOverlayWhiteout => Kind == FileKind.CharacterDevice && NodeDevice == (0, 0);
}
