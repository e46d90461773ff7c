using System.IO.Pipes;

using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Images;

/// <summary>Writes the whole root file system of an image elsewhere.</summary>
internal sealed class RootExport(SnapshotStore snapshots, LayerOptions times, CancellationToken cancellation)
{
    /// <summary>Writes a tarball.</summary>
    public void ToTar(PulledImage image, Stream target)
    {
        if (image.Snapshots.Count == 0)
        {
            // An empty image is an empty archive: two blocks of zeros.
            target.Write(new byte[1024]);
            return;
        }

        using var mount = snapshots.MountReadOnly(image.Snapshots[^1]);
        LayerWriter.Write(mount.Root, target, times, cancellation);
    }

    /// <summary>Writes a tarball with a directory for each of several images.</summary>
    public void ToTar(IEnumerable<(string Directory, PulledImage Image)> images, Stream target) => LayerWriter.Write(Roots(images), target, times, cancellation);

    /// <summary>Writes into a directory, which is made when it is missing; what is in it otherwise stays.</summary>
    public void ToDirectory(PulledImage image, string path)
    {
        Directory.CreateDirectory(path);
        using var directory = FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        using var writing = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None, 1 << 20);
        using var reading = new AnonymousPipeClientStream(PipeDirection.In, writing.ClientSafePipeHandle);
        var written = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    ToTar(image, writing);
                }
                finally
                {
                    writing.Dispose();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            ArchiveUnpacker.Unpack(reading, directory, null, default, new UnpackOptions(), cancellation);
        }
        catch (BuildException) when (written.IsFaulted)
        {
            // The writer's reason is the better one.
        }
        finally
        {
            reading.Dispose();
            written.GetAwaiter().GetResult();
        }
    }

    // Each is mounted while it is the current one.
    private IEnumerable<(string Directory, SafeFileHandle? Root)> Roots(IEnumerable<(string Directory, PulledImage Image)> images)
    {
        foreach (var (directory, image) in images)
        {
            using var mount = image.Snapshots.Count == 0 ? null : snapshots.MountReadOnly(image.Snapshots[^1]);
            yield return (directory, mount?.Root);
        }
    }
}
