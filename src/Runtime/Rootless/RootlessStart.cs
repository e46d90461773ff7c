using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Users;

namespace Bld.Runtime.Rootless;

/// <summary>
/// What a process without privilege does first: it starts itself anew as root of a user namespace of its own, where it may mount and
/// make containers, and waits for that other one. A process with threads can't enter a user namespace itself, and .NET always has two.
/// </summary>
public static unsafe class RootlessStart
{
    /// <summary>Set (to <c>done</c>) in a process that has been started so, by this program or by Podman or Buildah, which know the name.</summary>
    public const string Marker = "_CONTAINERS_USERNS_CONFIGURED";

    /// <summary>Set besides in what this program has started for one command.</summary>
    internal const string OwnMarker = "_BLD_OWN_NAMESPACE";

    private const string UserMarker = "_CONTAINERS_ROOTLESS_UID";
    private const string GroupMarker = "_CONTAINERS_ROOTLESS_GID";
    private const int AdministerSystem = 21;
    private static readonly int[] Forwarded = [1, 2, 3, 10, 12, 15, 18];

    /// <summary>Whether this process is root only in a user namespace that was made for an ordinary user.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Marker) == "done" && Environment.GetEnvironmentVariable(UserMarker) is { Length: > 0 } and not "0";

    /// <summary>Whether this process was started so, whoever started it.</summary>
    public static bool IsMarked => Environment.GetEnvironmentVariable(Marker) is { Length: > 0 };

    /// <summary>Whether the namespaces are this one command's, and its mounts end with it; not so in a session of <c>bld unshare</c>.</summary>
    public static bool IsForOneCommand => Environment.GetEnvironmentVariable(OwnMarker) is { Length: > 0 };

    /// <summary>The number of the user who started this, as the host knows it.</summary>
    public static uint UserId => IsInside && uint.TryParse(Environment.GetEnvironmentVariable(UserMarker), out var user) ? user : Libc.geteuid();

    /// <summary>Whether this process may not do what building takes: it is no root, or a root who may not mount.</summary>
    public static bool IsNeeded => Libc.geteuid() != 0 || (CapabilityCalls.Get().Effective & (1UL << AdministerSystem)) == 0;

    /// <summary>
    /// Starts this program again in a new user namespace and waits for its end. To be called before anything else has run.
    /// </summary>
    /// <param name="warn">Hears that only one id is mapped, and why.</param>
    /// <returns>Its exit code, or 128 and the signal that killed it.</returns>
    /// <exception cref="ContainerException">No user namespace can be made.</exception>
    public static int Run(Action<string> warn)
    {
        var user = Libc.geteuid();
        var group = Libc.getegid();
        using var arguments = new CStringArray(Words("/proc/self/cmdline"));
        using var environment = new CStringArray(Environs(user, group));
        var (reader, writer) = PipeCalls.Create();
        using (reader)
        using (writer)
        {
            var child = Start(arguments, environment, (int)reader.DangerousGetHandle(), (int)writer.DangerousGetHandle());
            var name = NameOf(user);
            var complaint = IdMaps.WriteOwn(
                child,
                user == 0 ? SubordinateIds.All("/proc/self/uid_map") : SubordinateIds.Map("/etc/subuid", user, name),
                user == 0 ? SubordinateIds.All("/proc/self/gid_map") : SubordinateIds.Map("/etc/subgid", group, name));
            if (complaint is not null && user != 0)
            {
                warn($"only one user id is available, so files of other users can't be made: {complaint}");
            }

            FileCalls.WriteAll(writer, [1]);
            return Wait(child);
        }
    }

    private static int Start(CStringArray arguments, CStringArray environment, int gate, int otherEnd)
    {
        var path = new CString("/proc/self/exe"u8, stackalloc byte[CString.StackSize]);
        fixed (byte* p = path)
        {
            var parent = Libc.getpid();
            var child = ForkedProcess.Clone((int)(NamespaceFlags.User | NamespaceFlags.Mount));
            if (child == 0)
            {
                ForkedProcess.Close(otherEnd);
                if (ForkedProcess.WaitAt(gate))
                {
                    ForkedProcess.BecomeRoot();
                    if (ForkedProcess.DieWith(parent))
                    {
                        ForkedProcess.BecomeThisProgram(p, arguments.Pointers, environment.Pointers);
                    }
                }

                Libc._exit(1);
            }

            return child > 0 ? child : throw Refused(FileCalls.LastError());
        }
    }

    private static ContainerException Refused(Errno errno)
    {
        var advice = errno == (Errno)28
            ? "the limit user.max_user_namespaces is reached (sysctl)"
            : "this host or container does not let ordinary users have user namespaces (sysctl kernel.unprivileged_userns_clone, "
                + "user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns, or the container's seccomp profile)";
        return new ContainerException($"make a user namespace: {errno.Describe()}: {advice}; run bld as root, or allow them", "user namespace", "", errno);
    }

    // Signals of the terminal reach both processes; those that were sent to this one are passed on.
    private static int Wait(int child)
    {
        var registrations = new List<PosixSignalRegistration>();
        foreach (var signal in Forwarded)
        {
            registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context =>
            {
                context.Cancel = true;
                _ = Libc.kill(child, signal);
            }));
        }

        var code = ProcessCalls.WaitForExit(child);
        registrations.ForEach(static registration => registration.Dispose());
        return code;
    }

    private static List<byte[]> Environs(uint user, uint group)
    {
        var environment = Words("/proc/self/environ");
        environment.RemoveAll(static entry => entry.AsSpan().StartsWith("_CONTAINERS_"u8) || entry.AsSpan().StartsWith("_BLD_"u8));
        Add(environment, OwnMarker, "1");
        Add(environment, Marker, "done");
        Add(environment, UserMarker, user.ToString(CultureInfo.InvariantCulture));
        Add(environment, GroupMarker, group.ToString(CultureInfo.InvariantCulture));
        if (!environment.Exists(static entry => entry.AsSpan().StartsWith("HOME="u8)) && HomeOf(user) is { } home)
        {
            // Inside, the C library would look up root's.
            Add(environment, "HOME", home);
        }

        return environment;
    }

    private static void Add(List<byte[]> environment, string name, string value) => environment.Add(Encoding.UTF8.GetBytes($"{name}={value}"));

    // As bytes, because an argument need not be text.
    private static List<byte[]> Words(string path)
    {
        const int Longest = 8 << 20;
        var words = new List<byte[]>();
        using var file = FileCalls.Open(path, OpenFlags.ReadOnly);
        var bytes = ProcessCalls.ReadAll(file, Longest).AsSpan();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)0);
            words.Add(bytes[..(end < 0 ? bytes.Length : end)].ToArray());
            bytes = end < 0 ? default : bytes[(end + 1)..];
        }

        return words;
    }

    private static string? NameOf(uint user)
    {
        using var root = FileCalls.Open("/", OpenFlags.Path | OpenFlags.Directory);
        return new UserDatabase(root).FindName(user) ?? Environment.GetEnvironmentVariable("USER");
    }

    private static string? HomeOf(uint user)
    {
        using var root = FileCalls.Open("/", OpenFlags.Path | OpenFlags.Directory);
        return new UserDatabase(root).FindHome(user);
    }
}
