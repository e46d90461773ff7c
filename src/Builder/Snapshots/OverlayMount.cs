using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>The writable side of an overlay mount: two directories of one file system, by path and by descriptor.</summary>
/// <param name="UpperPath">The path of what receives the changes.</param>
/// <param name="Upper">Its descriptor.</param>
/// <param name="WorkPath">The path of an empty directory for the kernel's own use.</param>
/// <param name="Work">Its descriptor.</param>
/// <param name="IsLasting">Whether both are mounted again later: the kernel refuses directories that it was not to care for (<c>volatile</c>).</param>
internal sealed record OverlayUpper(string UpperPath, SafeFileHandle Upper, string WorkPath, SafeFileHandle Work, bool IsLasting = false);

/// <summary>
/// A root file system made of snapshots: a mount that exists only as its descriptor (<see cref="Root"/>) and ends with it, or with
/// the process, so there is nothing to unmount.
/// </summary>
internal sealed class OverlayMount : IDisposable
{
    /// <summary>FSCONFIG_SET_STRING takes 255 bytes; longer paths go through a descriptor's link in /proc.</summary>
    private const int LongestOption = 255;

    private const OpenFlags PathOnly = OpenFlags.Path | OpenFlags.Directory;

    private readonly IDisposable? _copy;

    internal OverlayMount(SafeFileHandle root, IDisposable? copy = null)
    {
        Root = root;
        _copy = copy;
    }

    /// <summary>The mount's root directory.</summary>
    internal SafeFileHandle Root { get; }

    public void Dispose()
    {
        Root.Dispose();
        _copy?.Dispose();
    }

    /// <summary>Whether the kernel's refusal means that overlay can't be had here, and not that something is wrong with the layers.</summary>
    internal static bool IsUnavailable(BuildException exception) =>
        exception.InnerException is LinuxException { Errno: Errno.EPERM or Errno.ENODEV or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS };

    /// <summary>A read-only view of directories, the topmost first.</summary>
    /// <param name="lowers">Paths of the host; none gives an empty directory.</param>
    /// <param name="empty">The path of a directory that is always empty.</param>
    internal static OverlayMount ReadOnly(IReadOnlyList<string> lowers, string empty)
    {
        if (lowers.Count < 2 && TryBind(lowers.Count == 0 ? empty : lowers[0]) is { } bound)
        {
            return new OverlayMount(bound);
        }

        // Overlay without an upper directory wants two lower ones.
        return Create(lowers.Count < 2 ? [.. lowers, empty, .. lowers.Count == 0 ? new[] { empty } : []] : lowers, null);
    }

    /// <summary>A view of directories, the topmost first, whose changes go to an upper directory.</summary>
    internal static OverlayMount Writable(IReadOnlyList<string> lowers, OverlayUpper upper, string empty) =>
        Create(lowers.Count == 0 ? [empty] : lowers, upper);

    /// <summary>
    /// A view whose layers, the writable one too, are shown with other ids (mount_setattr(2), "ID-mapped mounts"): what is written through
    /// it keeps the image's ids on the disk.
    /// </summary>
    /// <param name="lowers">Paths of the host, the topmost first.</param>
    /// <param name="active">Receives the changes.</param>
    /// <param name="empty">The path of a directory that is always empty.</param>
    /// <param name="shift">Which ids.</param>
    internal static OverlayMount Shifted(IReadOnlyList<string> lowers, ActiveSnapshot active, string empty, IdShift shift)
    {
        var opened = new List<SafeFileHandle>();
        try
        {
            // The upper and the work directory have to be of one mount.
            _ = active.OverlayUpper;
            var scratch = Show(active.ScratchPath, shift, opened);
            var upper = FileCalls.Open(scratch, Encoding.UTF8.GetBytes($"{SnapshotStore.Publishing}/fs"), OpenFlags.ReadOnly | OpenFlags.Directory);
            opened.Add(upper);
            var work = FileCalls.Open(scratch, "work"u8, OpenFlags.ReadOnly | OpenFlags.Directory);
            opened.Add(work);
            List<string> shown = [.. (lowers.Count == 0 ? [empty] : lowers).Select(lower => Encoding.ASCII.GetString(LinkOf(Show(lower, shift, opened))))];
            return Create(shown, new OverlayUpper(active.UpperPath, upper, "", work));
        }
        finally
        {
            opened.ForEach(static handle => handle.Dispose());
        }
    }

    private static SafeFileHandle Show(string path, IdShift shift, List<SafeFileHandle> opened)
    {
        var errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), clone: true, recursive: false, out var tree);
        opened.Add(tree);
        errno = errno == Errno.None ? shift.TryShow(tree) : errno;
        return errno == Errno.None ? tree : throw Refused(1, errno, $"show {path} with other ids");
    }

    private static OverlayMount Create(IReadOnlyList<string> lowers, OverlayUpper? upper)
    {
        var errno = TryCreateByLayer(lowers, upper, out var root, out var words);
        if (errno == Errno.None)
        {
            return new OverlayMount(root);
        }

        if (errno is Errno.EINVAL or Errno.ENOSYS && LegacyOverlay.TryCreate(lowers, upper, out root) is var legacy && legacy == Errno.None)
        {
            return new OverlayMount(root);
        }

        throw Refused(lowers.Count, errno, words);
    }

    /// <summary>Linux 6.7 and later: each layer an option of its own, so that their number is limited only by the kernel (500).</summary>
    private static Errno TryCreateByLayer(
        IReadOnlyList<string> lowers, OverlayUpper? upper, out SafeFileHandle root, out string words)
    {
        root = new SafeFileHandle();
        words = "";
        var errno = MountCalls.TryOpenFileSystem("overlay"u8, out var context);
        using (context)
        {
            if (errno != Errno.None)
            {
                return errno;
            }

            foreach (var lower in lowers)
            {
                if ((errno = AddLower(context, lower)) != Errno.None)
                {
                    words = MountCalls.ReadMessage(context);
                    return errno;
                }
            }

            errno = SetUpper(context, upper);
            if (errno == Errno.None)
            {
                SetFeatures(context, isVolatile: upper is { IsLasting: false });
                errno = MountCalls.TryCreateMount(context, upper is null ? MountAttributeFlags.ReadOnly : MountAttributeFlags.None, out root);
            }

            words = errno == Errno.None ? "" : MountCalls.ReadMessage(context);
            return errno;
        }
    }

    private static Errno AddLower(SafeFileHandle context, string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length <= LongestOption)
        {
            return MountCalls.TrySetOption(context, "lowerdir+"u8, bytes);
        }

        using var directory = FileCalls.Open(path, PathOnly);
        return MountCalls.TrySetOption(context, "lowerdir+"u8, LinkOf(directory));
    }

    private static Errno SetUpper(SafeFileHandle context, OverlayUpper? upper)
    {
        if (upper is null)
        {
            return Errno.None;
        }

        var errno = MountCalls.TrySetOption(context, "upperdir"u8, LinkOf(upper.Upper));
        return errno == Errno.None ? MountCalls.TrySetOption(context, "workdir"u8, LinkOf(upper.Work)) : errno;
    }

    // Each feature would write marks into the upper directory that mean something only on top of these very lower directories;
    // a snapshot must be a plain difference. Kernels that don't know an option don't have the feature.
    private static void SetFeatures(SafeFileHandle context, bool isVolatile)
    {
        // "off" still follows redirects on most kernels, and who follows marks every new directory as opaque.
        MountCalls.TrySetOption(context, "redirect_dir"u8, "nofollow"u8);
        MountCalls.TrySetOption(context, "metacopy"u8, "off"u8);
        MountCalls.TrySetOption(context, "index"u8, "off"u8);
        MountCalls.TrySetOption(context, "xino"u8, "off"u8);
        MountCalls.TrySetOption(context, "uuid"u8, "null"u8);
        if (OverlayMarks.InUserNamespace)
        {
            MountCalls.TrySetOption(context, "userxattr"u8, default(ReadOnlySpan<byte>));
        }

        if (isVolatile)
        {
            // No sync of the upper file system at unmount: Durability decides when to sync.
            MountCalls.TrySetOption(context, "volatile"u8, default(ReadOnlySpan<byte>));
        }
    }

    /// <summary>A read-only clone of one directory; null where the kernel can't (mount_setattr came with Linux 5.12).</summary>
    private static SafeFileHandle? TryBind(string path)
    {
        if (MountCalls.TryOpenTree(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), clone: true, recursive: false, out var tree) == Errno.None
            && MountCalls.TrySetAttributes(tree, recursive: false, MountAttributeFlags.ReadOnly) == Errno.None)
        {
            return tree;
        }

        tree.Dispose();
        return null;
    }

    private static byte[] LinkOf(SafeFileHandle directory) => Encoding.ASCII.GetBytes($"/proc/self/fd/{directory.DangerousGetHandle()}");

    private static BuildException Refused(int layers, Errno errno, string words)
    {
        var reason = words.Length > 0 ? $"{errno.Describe()} ({words})" : errno.Describe();
        var advice = errno switch
        {
            Errno.EPERM => "; mounting needs CAP_SYS_ADMIN, at least in a user namespace",
            Errno.ENODEV => "; the kernel has no overlay file system (modprobe overlay)",
            Errno.EINVAL => "; the state directory may lie on a file system that overlay can't use (another overlay, NFS): choose another with --root",
            _ => "",
        };
        return new BuildException($"cannot mount a root file system of {layers} layers: {reason}{advice}", new LinuxException("mount overlay", "", errno));
    }
}
