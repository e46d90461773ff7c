using System.Security.Cryptography;

using Bld.Builder.Engine.Images;
using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Inspection;

/// <summary>How the roots of two images differ: names, kinds, modes, owners, links and contents, not times.</summary>
internal sealed class ImageDifference(SnapshotStore snapshots, PulledImage left, PulledImage right, CancellationToken cancellation)
{
    /// <summary>The differences in the order of paths.</summary>
    public IReadOnlyList<(ChangeKind Kind, string Path, string How, long Bytes)> Compare()
    {
        var differences = new List<(ChangeKind, string, string, long)>();
        var (from, to) = (ImageContents.Read(left, snapshots, cancellation), ImageContents.Read(right, snapshots, cancellation));
        using var leftView = snapshots.MountReadOnly(left.Snapshots.Count > 0 ? left.Snapshots[^1] : null);
        using var rightView = snapshots.MountReadOnly(right.Snapshots.Count > 0 ? right.Snapshots[^1] : null);
        Compare(from.Root, to.Root, "", differences, (a, b, path) => IsSameContent(leftView.Root, rightView.Root, a, b, path));
        return differences;
    }

    private void Compare(
        FileNode from, FileNode to, string path, List<(ChangeKind, string, string, long)> differences, Func<FileNode, FileNode, string, bool> isSame)
    {
        var names = new SortedSet<string>((from.Children?.Keys ?? Enumerable.Empty<string>()).Concat(to.Children?.Keys ?? Enumerable.Empty<string>()), StringComparer.Ordinal);
        foreach (var name in names)
        {
            cancellation.ThrowIfCancellationRequested();
            var below = $"{path}/{name}";
            var (old, now) = (from.Children?.GetValueOrDefault(name), to.Children?.GetValueOrDefault(name));
            if (old is null || now is null)
            {
                var one = (now ?? old)!;
                differences.Add((old is null ? ChangeKind.Added : ChangeKind.Removed, one.Children is null ? below : below + "/", "", (old is null ? 1 : -1) * one.Total()));
                continue;
            }

            var how = How(old, now, below, isSame);
            if (how.Length > 0)
            {
                differences.Add((ChangeKind.Changed, now.Children is null ? below : below + "/", how, now.Children is null ? now.Bytes - old.Bytes : 0));
            }

            if (now.Children is not null || old.Children is not null)
            {
                Compare(old, now, below, differences, isSame);
            }
        }
    }

    private static string How(FileNode old, FileNode now, string path, Func<FileNode, FileNode, string, bool> isSame)
    {
        if (old.Status.Kind != now.Status.Kind)
        {
            return $"{old.Status.Kind} → {now.Status.Kind}";
        }

        var how = new List<string>();
        if (old.Link != now.Link)
        {
            how.Add($"link {old.Link} → {now.Link}");
        }

        if (old.Status.Permissions != now.Status.Permissions)
        {
            how.Add($"mode {Convert.ToString(old.Status.Permissions, 8)} → {Convert.ToString(now.Status.Permissions, 8)}");
        }

        if ((old.Status.UserId, old.Status.GroupId) != (now.Status.UserId, now.Status.GroupId))
        {
            how.Add($"owner {old.Status.UserId}:{old.Status.GroupId} → {now.Status.UserId}:{now.Status.GroupId}");
        }

        if (now.Status.IsRegular && (old.Status.Size != now.Status.Size || !isSame(old, now, path)))
        {
            how.Add("content");
        }

        return string.Join(", ", how);
    }

    private static bool IsSameContent(SafeFileHandle left, SafeFileHandle right, FileNode old, FileNode now, string path)
    {
        if ((old.Status.Device, old.Status.Inode) == (now.Status.Device, now.Status.Inode))
        {
            return true;
        }

        return Digest(left, path).AsSpan().SequenceEqual(Digest(right, path));
    }

    private static byte[] Digest(SafeFileHandle root, string path)
    {
        using var file = FileCalls.OpenInRoot(root, ByteString.From(path.TrimStart('/')).Span, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        int count;
        while ((count = FileCalls.Read(file, buffer)) > 0)
        {
            hash.AppendData(buffer, 0, count);
        }

        return hash.GetHashAndReset();
    }
}
