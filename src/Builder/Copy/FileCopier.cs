using System.Buffers;

using Bld.Builder.Context;
using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>Copies the bytes of one file: shared blocks where the file system can, else within the kernel, else by hand.</summary>
internal static class FileCopier
{
    private const long Chunk = 1 << 30;
    private const int BufferSize = 1 << 17;

    /// <summary>Copies a regular file with its attributes; owner, mode and time are the caller's.</summary>
    public static SafeFileHandle Copy(SafeFileHandle sourceDirectory, ReadOnlySpan<byte> sourceName, SafeFileHandle targetDirectory, ReadOnlySpan<byte> targetName)
    {
        using var source = FileCalls.Open(sourceDirectory, sourceName, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        var target = FileCalls.Open(targetDirectory, targetName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        try
        {
            CopyContent(source, target, long.MaxValue);
            CopyAttributes(sourceDirectory, sourceName, target);
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>Copies a regular file with owner, mode and time; false when the source changed while it was read.</summary>
    public static bool CopyPlain(SafeFileHandle sourceDirectory, SafeFileHandle targetDirectory, in PlainFile file)
    {
        var name = file.Name.Span;
        using var source = FileCalls.Open(sourceDirectory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        using var target = FileCalls.Open(targetDirectory, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        CopyContent(source, target, file.Identity.Size);
        CopyAttributes(source, target);
        FileCalls.ChangeOwner(target, file.User, file.Group);
        FileCalls.ChangeMode(target, file.Mode);
        FileCalls.ChangeModifiedTime(target, file.ModifiedAt);
        return FileIdentity.Of(FileCalls.Status(source)) == file.Identity;
    }

    private static void CopyAttributes(SafeFileHandle source, SafeFileHandle target)
    {
        foreach (var attribute in FileCalls.AttributeNames(source))
        {
            if (ContentAttributes.Belongs(attribute.Span) && FileCalls.Attribute(source, attribute.Span) is { } value)
            {
                ContentAttributes.Set(target, attribute.Span, value);
            }
        }
    }

    /// <summary>Copies the attributes that are content to an open file or directory.</summary>
    public static void CopyAttributes(SafeFileHandle sourceDirectory, ReadOnlySpan<byte> sourceName, SafeFileHandle target)
    {
        foreach (var attribute in FileCalls.AttributeNames(sourceDirectory, sourceName))
        {
            if (ContentAttributes.Belongs(attribute.Span) && FileCalls.Attribute(sourceDirectory, sourceName, attribute.Span) is { } value)
            {
                ContentAttributes.Set(target, attribute.Span, value);
            }
        }
    }

    private static void CopyContent(SafeFileHandle source, SafeFileHandle target, long expected)
    {
        while (expected > 0)
        {
            switch (FileCalls.TryCopyRange(source, target, Chunk, out var copied))
            {
                case Errno.None when copied == 0:
                    return;
                case Errno.None:
                    expected -= copied;
                    break;
                case Errno.EINTR:
                    break;
                case Errno.EXDEV or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EPERM:
                    CopyByHand(source, target);
                    return;
                case var errno:
                    throw new LinuxException("copy_file_range", "", errno);
            }
        }
    }

    private static void CopyByHand(SafeFileHandle source, SafeFileHandle target)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = FileCalls.Read(source, buffer)) > 0)
            {
                FileCalls.WriteAll(target, buffer.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
