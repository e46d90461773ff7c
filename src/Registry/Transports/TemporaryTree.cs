using System.Formats.Tar;

namespace Bld.Registry;

/// <summary>A directory beside an archive that is being made; it is gone at the end.</summary>
internal sealed class TemporaryTree : IDisposable
{
    internal TemporaryTree(string archive)
    {
        var full = System.IO.Path.GetFullPath(archive);
        Path = $"{System.IO.Path.GetDirectoryName(full)}/.{System.IO.Path.GetFileName(full)}-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    /// <summary>Writes files of the tree into a tar file, which gets its name when it is whole.</summary>
    /// <param name="archive">The tar file.</param>
    /// <param name="files">Names in the archive, and the files.</param>
    internal void PublishArchive(string archive, IReadOnlyList<(string Name, string File)> files)
    {
        var whole = $"{Path}/.archive";
        using (var target = new FileStream(whole, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 17))
        {
            using (var writer = new TarWriter(target, TarEntryFormat.Gnu, leaveOpen: true))
            {
                foreach (var (name, file) in files)
                {
                    using var content = new FileStream(file, FileMode.Open, FileAccess.Read);
                    writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
                    {
                        DataStream = content,
                        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    });
                }
            }

            target.Flush(flushToDisk: true);
        }

        File.Move(whole, archive, overwrite: true);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
