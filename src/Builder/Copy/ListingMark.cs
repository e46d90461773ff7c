using Bld.Builder.Context;
using Bld.Runtime.Linux;

namespace Bld.Builder.Copy;

/// <summary>
/// Tells what a walk over a tree found from what another walk finds: a sum over the files' identities (number, size, times of change), in
/// any order. For two walks of one process.
/// </summary>
internal readonly record struct ListingMark(ulong Sum)
{
    /// <summary>The mark with one more file.</summary>
    public ListingMark With(in FileStatus status) =>
        // A directory's size and times say what of it has changed, excluded files too; what counts in it is listed itself.
        new(unchecked(Sum + (uint)(status.IsDirectory ? HashCode.Combine(status.Inode, status.RawMode) : FileIdentity.Of(status).GetHashCode())));
}
