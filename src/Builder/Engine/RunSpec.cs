using System.Globalization;

using Bld.Builder.Store;
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
        var spec = DefaultSpec.ForBuild();
        var user = new UserDatabase(view).Resolve(step.User);
        var process = spec.Process! with
        {
            Args = step.Command.Arguments,
            Env = step.Environment,
            Cwd = step.WorkingDirectory,
            User = new UserSpec { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.AdditionalGids },
            Capabilities = DefaultSpec.CapabilitiesOf(CapabilityNames(step, settings), user.Uid == 0),
            Rlimits = Limits(spec.Process!.Rlimits ?? [], settings.UserLimits),
            NoNewPrivileges = settings.SecurityOptions.Contains("no-new-privileges"),
        };
        var linux = spec.Linux!;
        if (step.Insecure)
        {
            linux = linux with { Seccomp = null, MaskedPaths = null, ReadonlyPaths = null };
        }
        else if (settings.SecurityOptions.Contains("seccomp=unconfined"))
        {
            linux = linux with { Seccomp = null };
        }

        if (step.SharedNetwork is { } network)
        {
            linux = linux with { Namespaces = [.. linux.Namespaces!.Where(static item => item.Type != "network"), new NamespaceSpec { Type = "network", Path = network.Path }] };
        }

        return spec with
        {
            Hostname = settings.Hostname ?? spec.Hostname,
            Process = process,
            Linux = linux,
            Mounts = DefaultSpec.Mounts((settings.SharedMemorySize ?? DefaultSharedMemory).ToString(CultureInfo.InvariantCulture)),
        };
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

    private static List<string> CapabilityNames(RunStep step, RunSettings settings)
    {
        if (step.Insecure)
        {
            return [.. Capabilities.All];
        }

        var names = new List<string>(Capabilities.Default);
        foreach (var added in settings.CapAdd.Select(Canonical))
        {
            names.AddRange(added == "CAP_ALL" ? Capabilities.All : [added]);
        }

        foreach (var dropped in settings.CapDrop.Select(Canonical))
        {
            names.RemoveAll(name => name == dropped || dropped == "CAP_ALL");
        }

        return [.. names.Distinct()];
    }

    private static string Canonical(string name)
    {
        var upper = name.ToUpperInvariant();
        return upper.StartsWith("CAP_") ? upper : "CAP_" + upper;
    }

    private static List<RlimitSpec> Limits(IReadOnlyList<RlimitSpec> defaults, IReadOnlyList<string> texts)
    {
        var limits = defaults.ToDictionary(static limit => limit.Type);
        foreach (var text in texts)
        {
            var limit = ParseLimit(text);
            limits[limit.Type] = limit;
        }

        return [.. limits.Values];
    }

    private static RlimitSpec ParseLimit(string text)
    {
        var equals = text.IndexOf('=');
        var values = equals < 0 ? [] : text[(equals + 1)..].Split(':');
        if (values.Length is < 1 or > 2)
        {
            throw new BuildException($"invalid ulimit \"{text}\": it must be name=soft or name=soft:hard, such as nofile=1024:2048");
        }

        var soft = ParseNumber(values[0], text);
        return new RlimitSpec
        {
            Type = "RLIMIT_" + text[..equals].ToUpperInvariant(),
            Soft = soft,
            Hard = values.Length == 2 ? ParseNumber(values[1], text) : soft,
        };
    }

    private static ulong ParseNumber(string text, string whole) =>
        text is "-1" or "unlimited" ? ulong.MaxValue
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new BuildException($"invalid ulimit \"{whole}\": \"{text}\" is not a number");
}
