using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>Making and recognising the directory.</summary>
internal sealed partial class StateDirectory
{
    /// <summary>The version of the layout; another number means another program's state, which is not touched.</summary>
    private const string Version = "1";

    private static readonly string[] Parts =
        ["images", "snapshots", "chains", "containers", "cache", "cache-mounts", "builds", "failed", "synced", "tmp", "empty"];

    /// <summary>
    /// Opens the state below <paramref name="root"/>, makes it when it is not there, and removes what killed processes left.
    /// </summary>
    /// <exception cref="BuildException">It can't be made or read, it is something else, or of another version.</exception>
    internal static StateDirectory Open(string root, string runRoot)
    {
        // Mounts and other threads must mean the same place wherever they are.
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        runRoot = Path.TrimEndingDirectorySeparator(Path.GetFullPath(runRoot));
        try
        {
            return OpenExisting(root, runRoot) ?? Create(root, runRoot);
        }
        catch (LinuxException error)
        {
            throw new BuildException($"cannot open the state directory {root}: {error.Message}; choose another with --root", error);
        }
    }

    /// <summary>This directory's path seen from another one; null when it doesn't lie below that.</summary>
    internal string? PathIn(string directory)
    {
        using var other = FileCalls.Open(directory, OpenFlags.Path | OpenFlags.Directory);
        var above = RealPath(other).TrimEnd('/') + "/";
        var own = RealPath(Handle);
        return own.StartsWith(above, StringComparison.Ordinal) && own.Length > above.Length ? own[above.Length..] : null;
    }

    private static string RealPath(SafeFileHandle directory) =>
        FileCalls.ReadLink(FileCalls.CurrentDirectory, Encoding.ASCII.GetBytes($"/proc/self/fd/{directory.DangerousGetHandle()}")).ToString();

    private static StateDirectory? OpenExisting(string root, string runRoot)
    {
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(root), DirectoryItself, 0, out var handle) is var errno
            && errno != Errno.None)
        {
            return errno == Errno.ENOENT ? null : throw new LinuxException("open", root, errno);
        }

        try
        {
            switch (ReadVersion(handle))
            {
                case Version:
                    break;
                case null:
                    handle.Dispose();
                    return null;
                case var other:
                    throw new BuildException(
                        $"the state directory {root} has version '{other}', and this bld knows only version {Version}; choose another with --root");
            }

            var state = Assemble(root, runRoot, handle);
            state.CleanLeftovers();
            return state;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static StateDirectory Assemble(string root, string runRoot, SafeFileHandle handle)
    {
        var temporary = FileCalls.Open(handle, "tmp"u8, DirectoryItself);
        var @lock = FileCalls.Open(handle, "lock"u8, OpenFlags.ReadWrite | OpenFlags.Create, 0x180);
        FileCalls.Lock(@lock, exclusive: false);
        return new StateDirectory(root, runRoot, handle, temporary, @lock);
    }

    /// <summary>Makes every part, then <c>version</c>, so that what was begun and killed is begun again.</summary>
    private static StateDirectory Create(string root, string runRoot)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root) is { Length: > 0 } parent ? parent : "/");
        MakePart(FileCalls.CurrentDirectory, root, 0x1C0);
        using (var handle = FileCalls.Open(root, DirectoryItself))
        using (FileLock.Take(FileCalls.Open(root, DirectoryItself), exclusive: true))
        {
            if (ReadVersion(handle) is null)
            {
                RefuseStrangers(root, handle);
                foreach (var part in Parts)
                {
                    MakePart(handle, part, part == "empty" ? 0x1EDu : 0x1C0u);
                }

                WriteVersion(handle);
            }
        }

        return OpenExisting(root, runRoot) ?? throw new BuildException($"the state directory {root} vanished while it was being made");
    }

    private static void WriteVersion(SafeFileHandle handle)
    {
        using (var file = FileCalls.Open(handle, "version.new"u8, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, 0x180))
        {
            FileCalls.WriteAll(file, Encoding.ASCII.GetBytes(Version + "\n"));
            FileCalls.Synchronize(file);
        }

        FileCalls.Synchronize(handle);
        FileCalls.Rename(handle, "version.new"u8, handle, "version"u8);
        FileCalls.Synchronize(handle);
    }

    // A mistyped --root must not fill somebody's home directory with our parts.
    private static void RefuseStrangers(string root, SafeFileHandle handle)
    {
        foreach (var entry in FileCalls.ReadDirectory(handle))
        {
            var name = entry.Name.ToString();
            if (!Parts.Contains(name) && name is not ("lock" or "version.new" or "lost+found"))
            {
                throw new BuildException(
                    $"{root} is not a state directory of bld: it has no file 'version', but has '{name}'; choose an empty directory with --root");
            }
        }
    }

    private static void MakePart(SafeFileHandle parent, string path, uint mode)
    {
        if (FileCalls.TryMakeDirectory(parent, Encoding.UTF8.GetBytes(path), mode) is var errno and not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("mkdir", path, errno);
        }
    }

    private static string? ReadVersion(SafeFileHandle handle)
    {
        if (FileCalls.TryOpen(handle, "version"u8, OpenFlags.ReadOnly, 0, out var file) is var errno && errno != Errno.None)
        {
            return errno == Errno.ENOENT ? null : throw new LinuxException("open", "version", errno);
        }

        using (file)
        {
            Span<byte> buffer = stackalloc byte[32];
            return Encoding.ASCII.GetString(buffer[..FileCalls.Read(file, buffer)]).TrimEnd('\n');
        }
    }
}
