using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>The kinds of entry that a layer can have; the values are the type flags of ustar.</summary>
internal enum TarKind : byte
{
    None = 0,
    File = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Directory = (byte)'5',
    Fifo = (byte)'6',
}

/// <summary>An extended attribute: any bytes.</summary>
internal readonly record struct TarAttribute(ByteString Name, ByteString Value);

/// <summary>A stretch of a sparse file that has data; all else are zeros.</summary>
internal readonly record struct TarExtent(long Offset, long Length);

/// <summary>One entry of a tarball, without its content.</summary>
internal sealed record TarEntry
{
    public required TarKind Kind { get; init; }

    /// <summary>The name's bytes as they stand in the archive; a directory's may end in a slash.</summary>
    public required ByteString Name { get; init; }

    /// <summary>What a link leads to: any text for a symbolic link, another entry's name for a hard link.</summary>
    public ByteString LinkName { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky: 07777.</summary>
    public uint Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    /// <summary>The file's length in bytes, holes included.</summary>
    public long Size { get; init; }

    public FileTime ModifiedAt { get; init; }

    public (uint Major, uint Minor) Device { get; init; }

    public IReadOnlyList<TarAttribute> Attributes { get; init; } = [];

    /// <summary>Where a sparse file has data, in ascending order; null for a plain file.</summary>
    public IReadOnlyList<TarExtent>? Extents { get; init; }
}
