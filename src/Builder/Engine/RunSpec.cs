using System.Globalization;

using Bld.Builder.Snapshots;
using Bld.Runtime.Security;
using Bld.Runtime.Spec;
using Bld.Runtime.Users;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>Turns what a RUN wants into a runtime specification.</summary>
internal static class RunSpec
{
    private const long DefaultSharedMemory = 64L * 1024 * 1024;

    /// <summary>The specification of one RUN.</summary>
    /// <param name="step">What is run.</param>
    /// <param name="settings">What the command line says.</param>
    /// <param name="view">The root file system, to look users up in.</param>
    public static ContainerSpec Create(RunStep step, RunSettings settings, SafeFileHandle view)
    {
        var users = new UserDatabase(view);
        var user = users.Resolve(step.User);
        var names = step.Insecure ? Capabilities.All : Capabilities.Adjust(settings.DefaultCapabilities ?? Capabilities.Default, settings.CapAdd, settings.CapDrop);
        var security = RunSecurity.Parse(settings.SecurityOptions);
        var spec = DefaultSpec.ForBuild();
        spec = spec with
        {
            Hostname = settings.Uts is null or "private" ? settings.Hostname ?? spec.Hostname : null,
            Process = spec.Process! with
            {
                Args = step.Command.Arguments,
                Env = [.. Defaults(settings.Environment, step.Environment), .. step.Environment],
                Cwd = step.WorkingDirectory,
                User = new UserSpec { Uid = user.Uid, Gid = user.Gid, AdditionalGids = Groups(users, user, settings.GroupAdd) },
                Capabilities = DefaultSpec.CapabilitiesOf(names, user.Uid == 0),
                Rlimits = RunLimits.ResourceLimits(spec.Process!.Rlimits ?? [], settings.UserLimits, step.Warn),
                NoNewPrivileges = security.NoNewPrivileges,
                ApparmorProfile = security.AppArmorProfile,
                SelinuxLabel = security.SelinuxLabel,
            },
            Annotations = settings.GroupAdd.Contains(KeepGroups) ? new Dictionary<string, string> { ["run.oci.keep_original_groups"] = "1" } : null,
            Hooks = RunHooks.Find(settings.HookDirectories, step.Command.Arguments, settings.Volumes.Count > 0),
            Mounts = Mounts(settings),
        };
        spec = spec with { Linux = RunLimits.Apply(security.Apply(spec.Linux!, names, step.Insecure), settings, names) };
        return RunNamespaces.Apply(spec, step, settings);
    }

    /// <summary>The places that must exist before anything is mounted: not those that lie in a mount themselves.</summary>
    public static IEnumerable<(string Target, bool IsDirectory)> MountPoints(ContainerSpec spec, IReadOnlyList<PreparedMount> mounts)
    {
        var seen = new List<string>();
        var all = spec.Mounts!.Select(static mount => (mount.Destination, IsDirectory: true))
            .Concat(mounts.Select(static mount => (Destination: mount.Target, mount.IsDirectory)));
        foreach (var (target, isDirectory) in all)
        {
            if (!seen.Exists(above => target.StartsWith(above.TrimEnd('/') + "/")))
            {
                yield return (target, isDirectory);
            }

            seen.Add(target);
        }
    }

    /// <summary>The word of <c>--group-add</c> that keeps the caller's groups.</summary>
    public const string KeepGroups = "keep-groups";

    private static IEnumerable<string> Defaults(IReadOnlyList<string> defaults, IReadOnlyList<string> given) =>
        defaults.Where(pair => !given.Any(other => other.StartsWith(pair[..(pair.IndexOf('=') + 1)])));

    // The user's own group among them, or leaving a group out would not take its rights away (CVE-2022-36109).
    private static List<uint> Groups(UserDatabase users, ResolvedUser user, IReadOnlyList<string> added) =>
        [.. user.AdditionalGids.Prepend(user.Gid).Concat(added.Where(static group => group != KeepGroups).Select(users.ResolveGroup)).Distinct()];

    /// <summary>Whoever shares the host's ipc namespace shares its memory and queues too.</summary>
    private static List<MountSpec> Mounts(RunSettings settings)
    {
        var size = (settings.SharedMemorySize ?? DefaultSharedMemory).ToString(CultureInfo.InvariantCulture);
        var mounts = DefaultSpec.Mounts(size);
        if (settings.Ipc != "host")
        {
            return [.. mounts];
        }

        // The kernel lets only the owner of an ipc namespace mount its queues, and that is no user namespace below.
        var isForeign = settings.OwnsUsers || OverlayMarks.InUserNamespace;
        return [.. mounts
            .Where(mount => mount.Destination != "/dev/mqueue" || !isForeign || Directory.Exists(mount.Destination))
            .Select(static mount => mount.Destination is "/dev/shm" or "/dev/mqueue" && Directory.Exists(mount.Destination)
                ? mount with { Type = "bind", Source = mount.Destination, Options = ["bind", "nosuid", "noexec", "nodev"] }
                : mount)];
    }
}
