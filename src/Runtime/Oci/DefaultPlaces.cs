using System.Globalization;
using System.Text;

using Bld.Runtime.Cgroups;
using Bld.Runtime.Linux;

namespace Bld.Runtime.Oci;

/// <summary>
/// Where an OCI runtime keeps what it remembers when its caller doesn't say. An engine of an ordinary user calls it as root of a user
/// namespace, to whom the machine's own places don't belong: those of the user are in the environment, as for runc and crun.
/// </summary>
public static class DefaultPlaces
{
    /// <summary>
    /// The directory of the containers' states; the caller's alone, and gone at a reboot. Who is root by name as well, in a container with a user
    /// namespace, has the machine's place there, as with runc.
    /// </summary>
    public static string StateRoot =>
        Environment.GetEnvironmentVariable("USER") != "root" && Of("XDG_RUNTIME_DIR") is { } runtime ? $"{runtime}/bldrun"
        : Libc.geteuid() == 0 ? "/run/bldrun"
        : OwnPlace(string.Create(CultureInfo.InvariantCulture, $"/tmp/bldrun-{Libc.geteuid()}"));

    /// <summary>The directory of what can be made again.</summary>
    public static string Cache =>
        Of("XDG_CACHE_HOME") is { } cache ? $"{cache}/bld"
        : Of("HOME") is { } home ? $"{home}/.cache/bld"
        : "/var/cache/bld";

    // Anybody can make that first, and whoever writes there says what processes this user's commands signal.
    private static string OwnPlace(string path)
    {
        const uint OwnerOnly = 0x1C0;
        var name = Encoding.UTF8.GetBytes(path);
        _ = FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, name, OwnerOnly);
        return FileCalls.TryStatus(FileCalls.CurrentDirectory, name, out var status) == Errno.None
            && status.IsDirectory && status.UserId == Libc.geteuid() && (status.Permissions & 0x3F) == 0
                ? $"{path}/bldrun"
                : throw new ContainerException($"{path} is not this user's alone: give a directory with --root, or set XDG_RUNTIME_DIR", "state", path);
    }

    // The machine's root has places of its own, whatever the environment says.
    private static string? Of(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value && !CgroupName.IsFullRoot() ? value : null;
}
