using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// The root of a mounted container, as it is there for everybody: what the command writes is seen through the mount at once. Places to
/// mount on have to be made in it, and are removed afterwards (<see cref="MountPlaces"/>).
/// </summary>
internal sealed class MountedRoot : IStepRoot
{
    private readonly string _path;
    private SafeFileHandle? _clone;
    private bool _isLeft;

    public MountedRoot(string path)
    {
        _path = path;
        View = FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
    }

    /// <inheritdoc/>
    public SafeFileHandle View { get; }

    /// <summary>What was made in it to mount on.</summary>
    public MountPlaces Places { get; } = new();

    /// <summary>From now on others see to it that the places go.</summary>
    public void LeavePlaces() => _isLeft = true;

    /// <inheritdoc/>
    public SafeFileHandle Mount(IEnumerable<(string Target, bool IsDirectory)> mountPoints, IdShift? shift, MountsAsFiles? mounts)
    {
        if (mounts is not null)
        {
            throw new BuildException($"the container is mounted at {_path}, and here no command can run in a mount: unmount it first (bld umount)");
        }

        if (shift is not null)
        {
            throw new BuildException($"the container is mounted at {_path}, and what is mounted can't be shown with the ids of a user namespace: unmount it first (bld umount), or wait for the commands that run in it");
        }

        foreach (var (target, isDirectory) in mountPoints)
        {
            Places.Require(View, target, isDirectory);
        }

        var errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, ByteString.From(_path).Span, clone: true, recursive: false, out var clone);
        return errno == Errno.None ? _clone = clone : throw new LinuxException("open_tree", _path, errno);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clone?.Dispose();
        if (!_isLeft)
        {
            Places.Remove(View);
        }

        View.Dispose();
    }
}
