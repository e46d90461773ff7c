using System.Formats.Tar;
using System.IO.Compression;

using Microsoft.Win32.SafeHandles;

namespace Bld.Registry;

/// <summary>A tar file whose files are read where they lie. One that is compressed with gzip is unpacked into a nameless file first.</summary>
internal sealed class TarArchive : IDisposable
{
    private const int MostLinks = 16;

    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, (long Offset, long Length)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);

    private TarArchive(string path, SafeFileHandle file) => (Path, _file) = (path, file);

    /// <summary>The tar file.</summary>
    internal string Path { get; }

    /// <summary>Opens an archive and finds what is in it.</summary>
    /// <exception cref="RegistryException">There is none, or it is damaged.</exception>
    internal static TarArchive Open(string path)
    {
        try
        {
            var archive = new TarArchive(path, OpenPlain(path));
            archive.ReadNames();
            return archive;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            var why = exception is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : exception.Message.TrimEnd('.');
            throw new RegistryException($"cannot read the archive {path}: {why}", exception);
        }
    }

    internal bool Contains(string name) => Find(name) is not null;

    /// <summary>Length of a file in bytes.</summary>
    internal long LengthOf(string name) => Require(name).Length;

    /// <summary>A file's bytes.</summary>
    internal Stream OpenFile(string name)
    {
        var (offset, length) = Require(name);
        return new SectionStream(_file, offset, length);
    }

    /// <summary>A small file, whole.</summary>
    internal byte[] ReadDocument(string name)
    {
        const int Largest = 4 << 20;
        if (LengthOf(name) > Largest)
        {
            throw new RegistryException($"the file {name} in {Path} is larger than {Largest >> 10} KiB; it is refused");
        }

        using var stream = OpenFile(name);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle OpenPlain(string path)
    {
        var file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        Span<byte> first = stackalloc byte[2];
        if (RandomAccess.Read(file, first, 0) < 2 || first is not [0x1f, 0x8b])
        {
            return file;
        }

        using (file)
        {
            var temporary = System.IO.Path.GetTempFileName();
            using var packed = new FileStream(path, FileMode.Open, FileAccess.Read);
            using var gzip = new GZipStream(packed, CompressionMode.Decompress);
            using (var plain = new FileStream(temporary, FileMode.Create))
            {
                gzip.CopyTo(plain);
            }

            var unpacked = File.OpenHandle(temporary);
            File.Delete(temporary);
            return unpacked;
        }
    }

    private void ReadNames()
    {
        using var stream = new SectionStream(_file, 0, RandomAccess.GetLength(_file));
        using var reader = new TarReader(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            var name = Normalise(entry.Name);
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
            {
                _files[name] = (entry.DataOffset, entry.Length);
            }
            else if (entry.EntryType is TarEntryType.SymbolicLink)
            {
                // docker save links layers that several images share.
                _links[name] = Normalise(System.IO.Path.Combine("/" + System.IO.Path.GetDirectoryName(name), entry.LinkName));
            }
            else if (entry.EntryType is TarEntryType.HardLink)
            {
                _links[name] = Normalise(entry.LinkName);
            }
        }
    }

    private static string Normalise(string name) => System.IO.Path.GetFullPath("/" + name)[1..];

    private (long Offset, long Length) Require(string name) =>
        Find(name) ?? throw new RegistryException($"the archive {Path} has no {name}");

    private (long Offset, long Length)? Find(string name)
    {
        name = Normalise(name);
        for (var links = 0; links < MostLinks; links++)
        {
            if (_files.TryGetValue(name, out var found))
            {
                return found;
            }

            if (!_links.TryGetValue(name, out name!))
            {
                return null;
            }
        }

        return null;
    }
}
