using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>
/// The snapshot that an earlier run of the same COPY made. Snapshots never change, so a file that would be equal in content and metadata
/// gets a second name of the same inode. (A layer's hard links are those within one snapshot, so this is invisible in the image.)
/// </summary>
/// <param name="root">The snapshot's directory.</param>
/// <param name="manifest">Its <see cref="CopyManifest"/>.</param>
internal sealed class EarlierCopy(SafeFileHandle root, byte[] manifest) : IDisposable
{
    private readonly CopyManifest.Reader _reader = new(manifest);

    /// <summary>Makes the link; false when there is no such file there, or no link can be made.</summary>
    /// <param name="path">Where the file lies in both snapshots.</param>
    /// <param name="wanted">What it has to be.</param>
    /// <param name="target">The new snapshot's directory of it.</param>
    public bool TryLink(ByteString path, in CopiedFile wanted, SafeFileHandle target) =>
        _reader.TryFind(path.Span, out var found) && found == wanted
        && FileCalls.TryMakeHardLink(root, path.Span, target, path.FileName) == Errno.None;

    /// <inheritdoc/>
    public void Dispose() => root.Dispose();
}
