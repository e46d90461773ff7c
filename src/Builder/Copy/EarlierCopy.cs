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

    /// <summary>The file at a path; null when there is none there, or another one.</summary>
    /// <param name="path">Where the file lies in both snapshots; asked for in the order of the walk.</param>
    /// <param name="wanted">What it has to be.</param>
    public EarlierFile? Find(ByteString path, in CopiedFile wanted) =>
        _reader.TryFind(path.Span, out var found) && found == wanted ? new EarlierFile(root, path) : null;

    /// <inheritdoc/>
    public void Dispose() => root.Dispose();
}

/// <summary>A file of an earlier copy's snapshot.</summary>
internal readonly struct EarlierFile(SafeFileHandle root, ByteString path)
{
    /// <summary>Gives it a second name; false when no link can be made.</summary>
    /// <param name="target">The new snapshot's directory of it.</param>
    public bool TryLink(SafeFileHandle target) => FileCalls.TryMakeHardLink(root, path.Span, target, path.FileName) == Errno.None;
}
