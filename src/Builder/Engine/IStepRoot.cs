using Bld.Builder.Snapshots;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>The root file system of one step: a snapshot that is being written, or the root of a mounted working container.</summary>
internal interface IStepRoot : IDisposable
{
    /// <summary>The root as it is before the step, to look users up in.</summary>
    SafeFileHandle View { get; }

    /// <summary>The root to run in: a mount without a place, which can be moved once.</summary>
    /// <param name="mountPoints">Where there has to be something to mount on.</param>
    /// <param name="shift">The command's ids; null when they are those of the image.</param>
    /// <param name="mounts">Fills the mount points with files where nothing can be mounted: the root is a plain directory then. Null elsewhere.</param>
    SafeFileHandle Mount(IEnumerable<(string Target, bool IsDirectory)> mountPoints, IdShift? shift, MountsAsFiles? mounts);
}
