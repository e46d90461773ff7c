using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Context;

/// <summary>A tree that files are copied from.</summary>
/// <param name="Root">Its root; nothing outside is ever reached.</param>
/// <param name="Rules">What of it must not be seen.</param>
/// <param name="KeepsOwners">Whether files keep their owners (a stage's or an image's tree) or become root's (a context's).</param>
/// <param name="Name">What errors call it.</param>
internal sealed record CopySource(SafeFileHandle Root, IgnoreRules Rules, bool KeepsOwners, string Name)
{
    /// <summary>The tree of a stage or an image.</summary>
    public static CopySource OfRoot(SafeFileHandle root, string name) => new(root, IgnoreRules.None, KeepsOwners: true, name);
}
