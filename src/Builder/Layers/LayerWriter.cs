using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>
/// Makes a layer's tarball from a snapshot's directory (or a whole rootfs from a mount). The tarball is a pure function of the
/// directory and the options; besides the rules of <see cref="TarWriter"/>:
/// <list type="bullet">
/// <item>A directory's entry (its name ends in a slash), then <c>.wh..wh..opq</c> if it is opaque, then its names in byte order, each
/// directory followed by what is in it. A deleted name is <c>.wh.NAME</c> in the place of the name, empty, of mode, owner and time 0.</item>
/// <item>The root directory has an entry <c>./</c> only if it is not 0755 and root's, or has attributes.</item>
/// <item>Names that share an inode within the snapshot are hard links to the first of them.</item>
/// <item>Attributes are those of <see cref="ContentAttributes"/>. Sockets are left out.</item>
/// </list>
/// Each file is read once.
/// </summary>
internal sealed class LayerWriter : IDisposable
{
    // Most files have none; never added to.
    private static readonly List<TarAttribute> NoAttributes = [];

    private readonly LayerSink _sink;
    private readonly TarWriter _tar;
    private readonly LayerOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<((uint, uint) Device, ulong Inode), ByteString> _linked = [];
    private byte[] _path = new byte[256];
    private int _length;

    private LayerWriter(Stream destination, LayerOptions options, CancellationToken cancellation)
    {
        _sink = new LayerSink(destination, cancellation);
        _tar = new TarWriter(_sink);
        _options = options;
        _cancellation = cancellation;
    }

    /// <summary>Writes the tarball of a directory.</summary>
    /// <param name="directory">The snapshot's <c>fs/</c>, opened for reading; its position is used.</param>
    /// <param name="destination">Receives the tarball; <see cref="Stream.Null"/> when only the digest is wanted.</param>
    /// <exception cref="BuildException">A file can't be in a layer, or changed while it was read.</exception>
    internal static LayerDigest Write(SafeFileHandle directory, Stream destination, LayerOptions options, CancellationToken cancellation)
    {
        using var writer = new LayerWriter(destination, options, cancellation);
        using var root = FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        writer.WriteRoot(root);
        writer.WriteDirectory(root);
        writer._tar.End();
        return writer._sink.Finish();
    }

    /// <summary>Writes a tarball with several directories, each under a name.</summary>
    /// <param name="roots">The names, and what is in them; null is nothing. They are taken one after the other.</param>
    /// <param name="destination">Receives the tarball.</param>
    /// <exception cref="BuildException">A file can't be in a layer, or changed while it was read.</exception>
    internal static void Write(IEnumerable<(string Name, SafeFileHandle? Directory)> roots, Stream destination, LayerOptions options, CancellationToken cancellation)
    {
        using var writer = new LayerWriter(destination, options, cancellation);
        foreach (var (name, directory) in roots)
        {
            writer._length = 0;
            writer._linked.Clear();
            writer.Append(Encoding.UTF8.GetBytes(name + "/"));
            if (directory is null)
            {
                writer._tar.WriteHeader(new TarEntry { Kind = TarKind.Directory, Name = new ByteString(writer.Path), Mode = 0x1ED });
                continue;
            }

            using var root = FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
            writer._tar.WriteHeader(writer.EntryFor(FileCalls.Status(root), TarKind.Directory) with { Attributes = AttributesOf(root, out _, out _) });
            writer.WriteDirectory(root);
        }

        writer._tar.End();
        writer._sink.Finish();
    }

    public void Dispose() => _sink.Dispose();

    private ReadOnlySpan<byte> Path => _path.AsSpan(0, _length);

    private void WriteRoot(SafeFileHandle root)
    {
        var status = FileCalls.Status(root);
        var attributes = AttributesOf(root, out var opaque, out _);
        if (attributes.Count > 0 || (status.UserId, status.GroupId, status.Permissions) != (0, 0, 0x1ED))
        {
            _tar.WriteHeader(EntryFor(status, TarKind.Directory, ByteString.From("./")) with { Attributes = attributes });
        }

        if (opaque)
        {
            WriteMark(Whiteout.Opaque);
        }
    }

    private void WriteDirectory(SafeFileHandle directory)
    {
        foreach (var name in FileCalls.ReadDirectory(directory))
        {
            _cancellation.ThrowIfCancellationRequested();
            var outer = _length;
            if (name.Name.Span.StartsWith(Whiteout.Prefix))
            {
                Append(name.Name.Span);
                throw new BuildException(
                    $"/{ByteString.Adopt(Path.ToArray())} can't be stored in a layer: names that begin with '.wh.' mean deleted files there (OCI image-spec, \"Whiteouts\")");
            }

            WriteName(directory, name.Name.Span);
            _length = outer;
        }
    }

    private void WriteName(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var status = FileCalls.Status(directory, name);
        if (status.IsOverlayWhiteout)
        {
            WriteWhiteout(name);
            return;
        }

        switch (status.Kind)
        {
            case FileKind.Directory:
                Append(name);
                Append("/"u8);
                WriteSubdirectory(directory, name, status);
                break;
            case FileKind.Regular:
                WriteFile(directory, name, status);
                break;
            case FileKind.SymbolicLink:
                Append(name);
                WriteUnlessLinked(EntryFor(status, TarKind.SymbolicLink) with { LinkName = FileCalls.ReadLink(directory, name) }, status);
                break;
            case FileKind.CharacterDevice or FileKind.BlockDevice:
                Append(name);
                var kind = status.Kind == FileKind.BlockDevice ? TarKind.BlockDevice : TarKind.CharacterDevice;
                WriteUnlessLinked(EntryFor(status, kind) with { Device = status.NodeDevice }, status);
                break;
            case FileKind.Fifo:
                Append(name);
                WriteUnlessLinked(EntryFor(status, TarKind.Fifo), status);
                break;
            default:
                // A socket is of use only to the process that made it, and tar has no word for it.
                break;
        }
    }

    private void WriteSubdirectory(SafeFileHandle parent, ReadOnlySpan<byte> name, FileStatus status)
    {
        using var directory = FileCalls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        var attributes = AttributesOf(directory, out var opaque, out _);
        _tar.WriteHeader(EntryFor(status, TarKind.Directory) with { Attributes = attributes });
        if (opaque)
        {
            WriteMark(Whiteout.Opaque);
        }

        WriteDirectory(directory);
    }

    private void WriteFile(SafeFileHandle directory, ReadOnlySpan<byte> name, FileStatus status)
    {
        using var file = FileCalls.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        var attributes = AttributesOf(file, out _, out var whiteout);
        if (whiteout)
        {
            WriteWhiteout(name);
            return;
        }

        Append(name);
        if (WriteUnlessLinked(EntryFor(status, TarKind.File) with { Size = status.Size, Attributes = attributes }, status))
        {
            WriteContent(file, status);
            _tar.Pad(status.Size);
        }
    }

    private bool WriteUnlessLinked(TarEntry entry, FileStatus status)
    {
        if (status.Links > 1 && !_linked.TryAdd((status.Device, status.Inode), entry.Name))
        {
            var first = _linked[(status.Device, status.Inode)];
            _tar.WriteHeader(entry with { Kind = TarKind.HardLink, LinkName = first, Size = 0, Attributes = [], Device = default });
            return false;
        }

        _tar.WriteHeader(entry);
        return true;
    }

    private void WriteContent(SafeFileHandle file, FileStatus status)
    {
        var sparse = status.Blocks * 512 < status.Size;
        for (long position = 0; position < status.Size;)
        {
            var end = status.Size;
            if (sparse)
            {
                var data = Math.Min(FileCalls.NextData(file, position) ?? end, end);
                _sink.WriteZeros(data - position);
                position = data;
                if (position == end)
                {
                    return;
                }

                end = Math.Min(FileCalls.NextHole(file, position), end);
                FileCalls.Seek(file, position);
            }

            CopyStretch(file, end - position);
            position = end;
        }
    }

    private void CopyStretch(SafeFileHandle file, long count)
    {
        while (count > 0)
        {
            var room = _sink.Room;
            var read = FileCalls.Read(file, room.Length > count ? room[..(int)count] : room);
            if (read == 0)
            {
                throw new BuildException($"/{ByteString.Adopt(Path.ToArray())} became shorter while its layer was written");
            }

            _sink.Advance(read);
            count -= read;
        }
    }

    private void WriteWhiteout(ReadOnlySpan<byte> name)
    {
        Append(Whiteout.Prefix);
        Append(name);
        WriteMark(default);
    }

    private void WriteMark(ReadOnlySpan<byte> name)
    {
        var outer = _length;
        Append(name);
        _tar.WriteHeader(new TarEntry { Kind = TarKind.File, Name = new ByteString(Path) });
        _length = outer;
    }

    private TarEntry EntryFor(FileStatus status, TarKind kind, ByteString? name = null) => new()
    {
        Kind = kind,
        Name = name ?? new ByteString(Path),
        Mode = status.Permissions,
        UserId = status.UserId,
        GroupId = status.GroupId,
        ModifiedAt = _options.TimeFor(status.ModifiedAt),
    };

    private static List<TarAttribute> AttributesOf(SafeFileHandle file, out bool opaque, out bool whiteout)
    {
        opaque = whiteout = false;
        var attributes = NoAttributes;
        foreach (var name in FileCalls.AttributeNames(file))
        {
            if (ContentAttributes.Belongs(name.Span))
            {
                if (FileCalls.Attribute(file, name.Span) is { } value)
                {
                    attributes = ReferenceEquals(attributes, NoAttributes) ? [] : attributes;
                    attributes.Add(new TarAttribute(name, ByteString.Adopt(value)));
                }
            }
            else if (name.Span.EndsWith(".overlay.opaque"u8))
            {
                opaque |= OverlayMarks.IsOpaque(name.Span, FileCalls.Attribute(file, name.Span));
            }
            else
            {
                whiteout |= OverlayMarks.IsWhiteout(name.Span);
            }
        }

        return attributes;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _path.Length)
        {
            Array.Resize(ref _path, Math.Max(_path.Length * 2, _length + bytes.Length));
        }

        bytes.CopyTo(_path.AsSpan(_length));
        _length += bytes.Length;
    }
}
