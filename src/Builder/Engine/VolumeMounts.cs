using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>The volumes of one container as mounts. Each is a descriptor without a place in the host's tree, and ends with this.</summary>
/// <param name="snapshots">Makes the place for what a command writes over an overlay volume.</param>
internal sealed class VolumeMounts(SnapshotStore snapshots) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>The mounts of all that the settings name.</summary>
    /// <param name="settings">Name them.</param>
    /// <param name="user">Who gets a source whose owner is to be changed, as the host knows it.</param>
    public IEnumerable<PreparedMount> Prepare(RunSettings settings, (uint Uid, uint Gid) user)
    {
        var devices = OverlayMarks.InUserNamespace || settings.OwnsUsers ? settings.Devices.SelectMany(RunDevice.Parse) : [];
        return settings.Volumes.Select(text => Make(Volume.Parse(text), user.Uid, user.Gid))
            .Concat(devices.Select(device => Make(new Volume(device.Source, device.Spec.Path, ["bind"], IsOverlay: false, ChangesOwner: false), 0, 0)));
    }

    /// <summary>Makes a volume's mount.</summary>
    /// <param name="volume">What is wanted.</param>
    /// <param name="user">Who gets the source when the volume's owner is to be changed.</param>
    /// <param name="group">That user's group.</param>
    /// <exception cref="BuildException">The source is missing, or can't be mounted.</exception>
    public PreparedMount Make(Volume volume, uint user, uint group)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(volume.Source), OpenFlags.Path, 0, out var source);
        if (errno != Errno.None)
        {
            throw new BuildException($"volume {volume.Source}:{volume.Target}: stat {volume.Source}: {errno.Describe()}");
        }

        using (source)
        {
            var isDirectory = FileCalls.Status(source).IsDirectory;
            if (!MountCalls.AreAllowed && !volume.IsOverlay && !volume.Options.Contains("ro"))
            {
                throw new BuildException($"the volume at {volume.Target} can't be written to, because nothing can be mounted here: add :ro for a copy of it");
            }

            if (volume.ChangesOwner)
            {
                GiveTo(source, isDirectory, user, group);
            }

            var tree = volume.IsOverlay ? Overlay(volume, isDirectory) : Clone(volume, source);
            return PreparedMount.OfTree(volume.Target, tree, isDirectory, [.. volume.Options.Where(static option => option is not ("bind" or "rbind"))]) with { IsHosts = true };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private SafeFileHandle Clone(Volume volume, SafeFileHandle source)
    {
        try
        {
            var tree = MountTree.Of(source, volume.IsRecursive);
            _owned.Add(tree);
            return tree;
        }
        catch (LinuxException exception)
        {
            throw new BuildException($"volume {volume.Source}:{volume.Target}: bind: {exception.Errno.Describe()}", exception);
        }
    }

    private SafeFileHandle Overlay(Volume volume, bool isDirectory)
    {
        if (!isDirectory)
        {
            throw new BuildException($"volume {volume.Source}:{volume.Target}: option O needs a directory");
        }

        var mount = snapshots.MountOver(volume.UpperPath is { } path ? Lasting(volume, path, volume.WorkPath!) : Temporary(volume), volume.Source);
        _owned.Add(mount);
        return mount.Root;
    }

    private OverlayUpper Temporary(Volume volume)
    {
        var active = snapshots.Prepare(null);
        _owned.Add(active);
        using var source = FileCalls.Open(volume.Source, OpenFlags.ReadOnly | OpenFlags.Directory);
        Metadata.Copy(source, active.UpperHandle);
        return active.OverlayUpper;
    }

    private OverlayUpper Lasting(Volume volume, string upper, string work) => new(upper, Open(volume, upper), work, Open(volume, work), IsLasting: true);

    private SafeFileHandle Open(Volume volume, string path)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), OpenFlags.Path | OpenFlags.Directory, 0, out var directory);
        _owned.Add(directory);
        return errno == Errno.None ? directory : throw new BuildException($"volume {volume.Source}:{volume.Target}: the directory {path} for its changes: {errno.Describe()}");
    }

    // Links are given away themselves and never followed: what they point to is nobody's business.
    private static void GiveTo(SafeFileHandle path, bool isDirectory, uint user, uint group)
    {
        FileCalls.ChangeOwner(path, default, user, group);
        if (!isDirectory)
        {
            return;
        }

        using var directory = FileCalls.Open(path, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            using var child = FileCalls.Open(directory, entry.Name.Span, OpenFlags.Path | OpenFlags.NoFollow);
            GiveTo(child, FileCalls.Status(child).IsDirectory, user, group);
        }
    }
}
