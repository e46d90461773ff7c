using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Cli.Host;

/// <summary>
/// Files of the host that the command line names for results. Such a file gets its name when it is whole, so whoever is killed leaves the
/// old one. What is no plain file, a device, a pipe or a link, is written to where it is, and so is what can't be replaced by a file like
/// it: one of another owner, with other names, in a directory that takes no new names, or mounted.
/// </summary>
internal static class HostFile
{
    private const OpenFlags NewFile = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
    private const uint AnyoneMayWrite = 0x1B6;

    /// <summary>Writes a text.</summary>
    /// <exception cref="BuildException">It can't be written.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <exception cref="BuildException">They can't be written.</exception>
    public static void Write(string path, byte[] content) => Write(path, target => target.Write(content));

    /// <summary>Writes what an action writes; when that fails the old file stays where it can be replaced.</summary>
    /// <exception cref="BuildException">It can't be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            var old = Status(path);
            var temporary = Path.Join(Path.GetDirectoryName(path), $".bld-{Guid.NewGuid():N}");
            if (old is null or { IsRegular: true } && TryCreate(temporary, old) is { } file)
            {
                Replace(path, temporary, file, write);
                return;
            }

            // No O_CREAT for what is there: in a directory like /tmp the kernel refuses it for another's file (fs.protected_regular).
            using var target = new FileStream(path, old is { IsRegular: true } ? FileMode.Truncate : FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0);
            write(target);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new BuildException($"open {path}: no such file or directory", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BuildException($"cannot write {path}: {exception.Message}", exception);
        }
    }

    private static FileStatus? Status(string path) =>
        FileCalls.TryStatus(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), out var status) == Errno.None ? status : null;

    /// <summary>A new file that may take the old one's place; null where it can't.</summary>
    private static FileStream? TryCreate(string temporary, FileStatus? old)
    {
        switch (FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(temporary), NewFile, AnyoneMayWrite, out var handle))
        {
            case Errno.None:
                break;
            case Errno.EACCES or Errno.EPERM or Errno.EROFS or Errno.ENOENT:
                return null;
            case var errno:
                throw new LinuxException("open", temporary, errno);
        }

        var file = new FileStream(handle, FileAccess.Write, 0);
        if (old is not { } replaced)
        {
            return file;
        }

        var own = FileCalls.Status(handle);
        if (replaced.Links == 1 && (own.UserId, own.GroupId) == (replaced.UserId, replaced.GroupId))
        {
            FileCalls.ChangeMode(handle, replaced.Permissions);
            return file;
        }

        file.Dispose();
        File.Delete(temporary);
        return null;
    }

    private static void Replace(string path, string temporary, FileStream file, Action<Stream> write)
    {
        try
        {
            using (file)
            {
                write(file);
            }

            Rename(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Rename(string temporary, string path)
    {
        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && File.Exists(path))
        {
            // A file that is a mount of its own, as in a container, can't be replaced.
            File.Copy(temporary, path, overwrite: true);
        }
    }
}
