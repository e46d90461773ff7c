using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// Extended attributes. Those of a link, a device or anything that must not be opened are reached by
/// <c>/proc/self/fd/N/name</c> and the l-calls, which follow the directory's descriptor but not the last name.
/// </summary>
public static unsafe partial class FileCalls
{
    private const int LargestAttribute = 65536;

    /// <summary>The names of a file's attributes; none where the file system has none.</summary>
    public static IReadOnlyList<ByteString> AttributeNames(SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        var name = new CString(ThroughDescriptor(directory, path), stackalloc byte[CString.StackSize]);
        Span<byte> small = stackalloc byte[1024];
        fixed (byte* p = name, s = small)
        {
            var length = Libc.llistxattr(p, s, (nuint)small.Length);
            if (length == 0)
            {
                return [];
            }

            if (length > 0)
            {
                return SplitNames(small[..(int)length]);
            }

            switch (LastError())
            {
                case Errno.EOPNOTSUPP:
                    return [];
                case Errno.ERANGE:
                    break;
                default:
                    throw Failed("listxattr", path, LastError());
            }

            var large = new byte[LargestAttribute];
            fixed (byte* l = large)
            {
                length = Libc.llistxattr(p, l, (nuint)large.Length);
                return length >= 0 ? SplitNames(large.AsSpan(0, (int)length)) : throw Failed("listxattr", path, LastError());
            }
        }
    }

    /// <summary>An attribute's value; null when there is none of that name.</summary>
    public static byte[]? Attribute(SafeFileHandle directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute)
    {
        var name = new CString(ThroughDescriptor(directory, path), stackalloc byte[CString.StackSize]);
        var key = new CString(attribute, stackalloc byte[CString.StackSize]);
        Span<byte> small = stackalloc byte[256];
        fixed (byte* p = name, k = key, s = small)
        {
            var length = Libc.lgetxattr(p, k, s, (nuint)small.Length);
            if (length >= 0)
            {
                return small[..(int)length].ToArray();
            }

            switch (LastError())
            {
                case Errno.ENODATA or Errno.EOPNOTSUPP:
                    return null;
                case Errno.ERANGE:
                    break;
                default:
                    throw Failed("getxattr", path, LastError());
            }

            var large = new byte[LargestAttribute];
            fixed (byte* l = large)
            {
                length = Libc.lgetxattr(p, k, l, (nuint)large.Length);
                return length >= 0 ? large.AsSpan(0, (int)length).ToArray() : throw Failed("getxattr", path, LastError());
            }
        }
    }

    /// <summary>Sets an attribute.</summary>
    public static Errno TrySetAttribute(
        SafeFileHandle directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        var name = new CString(ThroughDescriptor(directory, path), stackalloc byte[CString.StackSize]);
        var key = new CString(attribute, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name, k = key, v = value)
        {
            return Libc.lsetxattr(p, k, v, (nuint)value.Length, 0) < 0 ? LastError() : Errno.None;
        }
    }

    /// <summary>Removes an attribute.</summary>
    public static Errno TryRemoveAttribute(SafeFileHandle directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute)
    {
        var name = new CString(ThroughDescriptor(directory, path), stackalloc byte[CString.StackSize]);
        var key = new CString(attribute, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name, k = key)
        {
            return Libc.lremovexattr(p, k) < 0 ? LastError() : Errno.None;
        }
    }

    /// <summary>The names of an open file's attributes (not of an O_PATH descriptor); none where the file system has none.</summary>
    public static IReadOnlyList<ByteString> AttributeNames(SafeFileHandle file)
    {
        Span<byte> small = stackalloc byte[512];
        fixed (byte* s = small)
        {
            var length = Libc.flistxattr(file, s, (nuint)small.Length);
            if (length >= 0)
            {
                return length == 0 ? [] : SplitNames(small[..(int)length]);
            }
        }

        if (LastError() is Errno.EOPNOTSUPP)
        {
            return [];
        }

        var large = new byte[LargestAttribute];
        fixed (byte* l = large)
        {
            var length = Libc.flistxattr(file, l, (nuint)large.Length);
            return length >= 0 ? SplitNames(large.AsSpan(0, (int)length)) : throw Failed("flistxattr", default, LastError());
        }
    }

    /// <summary>An attribute's value of an open file; null when there is none of that name.</summary>
    public static byte[]? Attribute(SafeFileHandle file, ReadOnlySpan<byte> attribute)
    {
        var key = new CString(attribute, stackalloc byte[CString.StackSize]);
        var buffer = new byte[256];
        while (true)
        {
            fixed (byte* k = key, b = buffer)
            {
                var length = Libc.fgetxattr(file, k, b, (nuint)buffer.Length);
                if (length >= 0)
                {
                    return buffer.AsSpan(0, (int)length).ToArray();
                }
            }

            switch (LastError())
            {
                case Errno.ENODATA or Errno.EOPNOTSUPP:
                    return null;
                case Errno.ERANGE when buffer.Length < LargestAttribute:
                    buffer = new byte[LargestAttribute];
                    break;
                case var errno:
                    throw Failed("fgetxattr", attribute, errno);
            }
        }
    }

    /// <summary>Sets an attribute of an open file.</summary>
    public static Errno TrySetAttribute(SafeFileHandle file, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        var key = new CString(attribute, stackalloc byte[CString.StackSize]);
        fixed (byte* k = key, v = value)
        {
            return Libc.fsetxattr(file, k, v, (nuint)value.Length, 0) < 0 ? LastError() : Errno.None;
        }
    }

    // The descriptor's link in /proc leads to the directory itself; with an empty path it must be followed, so "/." is appended.
    private static byte[] ThroughDescriptor(SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        if (path.Length > 0 && path[0] == (byte)'/')
        {
            return path.ToArray();
        }

        var prefix = Encoding.ASCII.GetBytes(
            directory.DangerousGetHandle() == Libc.AtCurrentDirectory ? "./" : $"/proc/self/fd/{directory.DangerousGetHandle()}/");
        return [.. prefix, .. path.IsEmpty ? "."u8 : path];
    }

    private static List<ByteString> SplitNames(ReadOnlySpan<byte> list)
    {
        var names = new List<ByteString>();
        while (!list.IsEmpty)
        {
            var end = list.IndexOf((byte)0);
            names.Add(new ByteString(list[..end]));
            list = list[(end + 1)..];
        }

        return names;
    }
}
