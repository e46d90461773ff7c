using System.Buffers;

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
            CopyContent(source, target);
            CopyAttributes(sourceDirectory, sourceName, target);
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
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

    private static void CopyContent(SafeFileHandle source, SafeFileHandle target)
    {
        while (true)
        {
            switch (FileCalls.TryCopyRange(source, target, Chunk, out var copied))
            {
                case Errno.None when copied == 0:
                    return;
                case Errno.None or Errno.EINTR:
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
