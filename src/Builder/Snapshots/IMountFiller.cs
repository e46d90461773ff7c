using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>Puts files where a command's mounts would be, into a root that is a copy. They are no part of what the command changes.</summary>
internal interface IMountFiller
{
    /// <summary>Puts them in.</summary>
    /// <param name="root">The copy, which has the mount points.</param>
    /// <returns>The paths in it, all links followed, that nothing at or below is the command's.</returns>
    IReadOnlySet<ByteString> Fill(SafeFileHandle root);
}
