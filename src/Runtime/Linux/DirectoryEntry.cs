namespace Bld.Runtime.Linux;

/// <summary>A name in a directory, as getdents64(2) gives it. The kind is <see cref="FileKind.Unknown"/> where the file system doesn't say.</summary>
public readonly record struct DirectoryEntry(ByteString Name, FileKind Kind, ulong Inode);
