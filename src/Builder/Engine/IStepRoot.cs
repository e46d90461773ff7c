using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>The root file system of one step: a snapshot that is being written, or the root of a mounted working container.</summary>
internal interface IStepRoot : IDisposable
{
    /// <summary>The root as it is before the step, to look users up in.</summary>
    SafeFileHandle View { get; }

    /// <summary>The root to run in: a mount without a place, which can be moved once, with something to mount on at these paths.</summary>
    SafeFileHandle Mount(IEnumerable<(string Target, bool IsDirectory)> mountPoints);
}
