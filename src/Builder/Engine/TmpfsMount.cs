using System.Globalization;

using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary><c>--mount type=tmpfs</c>, with BuildKit's and with Buildah's names of its options.</summary>
internal static class TmpfsMount
{
    /// <summary>The mount.</summary>
    /// <exception cref="BuildException">An option is none of a tmpfs.</exception>
    public static PreparedMount Of(MountFlag flag, string target)
    {
        List<string> options = ["nosuid", "nodev", flag.IsReadOnly ? "ro" : "rw"];
        if (flag.Size is { } size)
        {
            options.Add($"size={size.ToString(CultureInfo.InvariantCulture)}");
        }

        foreach (var extra in flag.Extras)
        {
            options.Add(
                extra.StartsWith("tmpfs-size=") ? "size=" + extra["tmpfs-size=".Length..]
                : extra.StartsWith("tmpfs-mode=") ? "mode=" + Mode(extra["tmpfs-mode=".Length..])
                : extra is "tmpcopyup" or "notmpcopyup" or "noexec" ? extra
                : extra is "nosuid" or "nodev" or "exec" ? extra
                : throw new BuildException($"--mount type=tmpfs: the option \"{extra}\" is not supported"));
        }

        return PreparedMount.OfMemory(target, options);
    }

    private static string Mode(string text) => text.Length is > 0 and <= 5 && text.All(static digit => digit is >= '0' and <= '7')
        ? text
        : throw new BuildException($"--mount type=tmpfs: the mode \"{text}\" is no octal number, such as 1777");
}
