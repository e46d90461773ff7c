using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// Overlay mounts for kernels before 6.7, which take all lower directories in one string of at most a page. The directories are
/// opened, so that each is a few digits in <c>/proc/self/fd</c>.
/// </summary>
internal static class LegacyOverlay
{
    /// <summary>Mounts; EINVAL also when the numbers don't fit a page, which takes about a thousand layers.</summary>
    internal static Errno TryCreate(IReadOnlyList<string> lowers, OverlayUpper? upper, out SafeFileHandle root)
    {
        List<string> directories = [.. lowers];
        if (upper is not null)
        {
            directories.Add(upper.UpperPath);
            directories.Add(upper.WorkPath);
        }

        return DetachedMount.TryCreate("overlay"u8, directories, opened => Options(opened, lowers.Count), upper is null, out root);
    }

    private static byte[] Options(IReadOnlyList<SafeFileHandle> opened, int lowers)
    {
        var text = new StringBuilder("lowerdir=").AppendJoin(':', opened.Take(lowers).Select(static handle => handle.DangerousGetHandle()));
        if (opened.Count > lowers)
        {
            text.Append(",upperdir=").Append(opened[lowers].DangerousGetHandle());
            text.Append(",workdir=").Append(opened[lowers + 1].DangerousGetHandle());
        }

        text.Append(OverlayMarks.InUserNamespace ? ",userxattr" : ",redirect_dir=nofollow,metacopy=off,index=off");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
