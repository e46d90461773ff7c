using System.Globalization;
using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Rootless;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// A file system that a program of the host serves (fuse(4)). It is mounted at a place of this process's own and taken off it at once,
/// so that it is there only as its descriptor, and the program ends when its last user has gone.
/// </summary>
public sealed class FuseMount : IDisposable
{
    private const ulong FuseMagic = 0x65735546;
    private readonly int _process;

    private FuseMount(SafeFileHandle root, int process)
    {
        Root = root;
        _process = process;
    }

    /// <summary>The root: a detached mount.</summary>
    public SafeFileHandle Root { get; }

    /// <summary>A program of that name where helpers are installed; null when there is none.</summary>
    public static string? Find(string name) => HelperProgram.Find(name);

    /// <summary>Starts the program and returns when the file system is there.</summary>
    /// <param name="program">Called as <c>program -f -o options place</c>; it stays in the foreground.</param>
    /// <param name="options">Made from the paths by which the program finds the directories.</param>
    /// <param name="directories">Descriptors that the program gets.</param>
    /// <param name="place">An empty directory.</param>
    /// <exception cref="ContainerException">The program can't be run, or failed.</exception>
    public static FuseMount Start(string program, Func<IReadOnlyList<string>, string> options, IReadOnlyList<SafeFileHandle> directories, string place)
    {
        var descriptors = new List<(int Source, int Target)>();
        var paths = new List<string>();
        foreach (var directory in directories)
        {
            var number = (int)directory.DangerousGetHandle();
            descriptors.Add((number, number));
            paths.Add(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{number}"));
        }

        using var output = ProcessCalls.MakeMemoryFile(default);
        try
        {
            var process = HelperProgram.Start(program, [Path.GetFileName(program), "-f", "-o", options(paths), place], output, descriptors);
            var name = Encoding.UTF8.GetBytes(place);
            try
            {
                while (!ProcessCalls.HasEnded(process))
                {
                    if (TryTake(name) is { } root)
                    {
                        return new FuseMount(root, process);
                    }

                    Thread.Sleep(1);
                }
            }
            catch
            {
                // It ends with its mount.
                _ = MountCalls.TryUnmount(name, lazily: true);
                _ = ProcessCalls.WaitForExit(process);
                throw;
            }

            _ = ProcessCalls.WaitForExit(process);
        }
        catch (SetupFailure failure)
        {
            throw new ContainerException(failure.Message, failure.Step, failure.Path, failure.Errno);
        }

        throw new ContainerException($"{program} failed: {HelperProgram.Said(output)}", "mount", place);
    }

    /// <summary>Gives up the root and waits until the program has written everything and ended.</summary>
    public void Dispose()
    {
        if (!Root.IsClosed)
        {
            Root.Dispose();
        }

        _ = ProcessCalls.WaitForExit(_process);
    }

    private static SafeFileHandle? TryTake(byte[] place)
    {
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, place, OpenFlags.Path | OpenFlags.Directory, 0, out var directory) != Errno.None)
        {
            return null;
        }

        using (directory)
        {
            if (FileCalls.FileSystemType(directory) != FuseMagic)
            {
                return null;
            }
        }

        SetupFailure.Check(MountCalls.TryOpenTree(FileCalls.CurrentDirectory, place, clone: true, recursive: false, out var root), "take the mount", place);
        if (MountCalls.TryUnmount(place, lazily: true) is var errno and not Errno.None)
        {
            root.Dispose();
            SetupFailure.Check(errno, "unmount", place);
        }

        return root;
    }
}
