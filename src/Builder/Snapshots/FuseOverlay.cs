using Bld.Builder.Store;
using Bld.Runtime;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// A root file system put together by fuse-overlayfs, or a program that takes the same options (containers-storage.conf(5),
/// <c>mount_program</c>), for hosts whose kernel mounts no overlay for this user or in this place.
/// </summary>
internal sealed class FuseOverlay : IDisposable
{
    private readonly TemporaryDirectory _place;
    private readonly FuseMount _mount;
    private readonly List<SafeFileHandle> _lowers;
    private readonly ActiveSnapshot? _active;

    private FuseOverlay(TemporaryDirectory place, FuseMount mount, List<SafeFileHandle> lowers, ActiveSnapshot? active)
    {
        _place = place;
        _mount = mount;
        _lowers = lowers;
        _active = active;
    }

    /// <summary>A view of directories, the topmost first.</summary>
    /// <param name="state">Has a place for the mount.</param>
    /// <param name="program">The program's path.</param>
    /// <param name="lowers">Paths of the host.</param>
    /// <param name="active">Receives what changes; null for a view that can't be written to.</param>
    /// <exception cref="BuildException">The program failed.</exception>
    internal static OverlayMount Mount(StateDirectory state, string program, IReadOnlyList<string> lowers, ActiveSnapshot? active)
    {
        var place = state.CreateTemporary("fuse");
        var directories = new List<SafeFileHandle>();
        void GiveUp()
        {
            directories.ForEach(static directory => directory.Dispose());
            place.Dispose();
        }

        try
        {
            FileCalls.MakeDirectory(place.Handle, "root"u8, 0x1ED);
            directories.AddRange((lowers.Count == 0 ? [state.EmptyPath] : lowers).Select(static lower => FileCalls.Open(lower, OpenFlags.ReadOnly | OpenFlags.Directory)));
            List<SafeFileHandle> upper = active is null ? [] : [active.OverlayUpper.Upper, active.OverlayUpper.Work];
            var mount = FuseMount.Start(program, paths => Options(paths, directories.Count), [.. directories, .. upper], $"{place.Path}/root");
            return new OverlayMount(mount.Root, new FuseOverlay(place, mount, directories, active));
        }
        catch (ContainerException exception)
        {
            GiveUp();
            throw new BuildException($"cannot mount a root file system of {lowers.Count} layers: {exception.Message}; --storage-driver vfs does without", exception);
        }
        catch
        {
            GiveUp();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _mount.Dispose();
            if (_active is not null)
            {
                FuseMarks.Settle(_active.UpperHandle, _lowers);
            }
        }
        finally
        {
            _lowers.ForEach(static lower => lower.Dispose());
            _place.Dispose();
        }
    }

    private static string Options(IReadOnlyList<string> paths, int lowers)
    {
        var text = $"lowerdir={string.Join(':', paths.Take(lowers))}";
        return paths.Count > lowers ? $"{text},upperdir={paths[lowers]},workdir={paths[lowers + 1]}" : text;
    }
}
