using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Cli.Host;

/// <summary>
/// Files of the host that the command line names for results. Such a file gets its name when it is whole, so whoever is killed leaves the
/// old one. What is no plain file, a device, a pipe or a link, is written to where it is, and so is what can't be replaced.
/// </summary>
internal static class HostFile
{
    /// <summary>Writes a text.</summary>
    /// <exception cref="BuildException">It can't be written.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <exception cref="BuildException">They can't be written.</exception>
    public static void Write(string path, byte[] content) => Write(path, target => target.Write(content));

    /// <summary>Writes what an action writes; when that fails nothing of it stays.</summary>
    /// <exception cref="BuildException">It can't be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            if (Status(path) is null or { IsRegular: true })
            {
                Replace(path, write);
            }
            else
            {
                using var target = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, 0);
                write(target);
            }
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

    private static void Replace(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                write(file);
            }

            if (Status(path) is { } old)
            {
                FileCalls.ChangeMode(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(temporary), old.Permissions);
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
        catch (IOException) when (File.Exists(path))
        {
            // A file that is a mount of its own, as in a container, can't be replaced.
            File.Copy(temporary, path, overwrite: true);
        }
    }
}
