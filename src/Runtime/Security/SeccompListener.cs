using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Security;

/// <summary>
/// The program that answers for system calls whose action is SCMP_ACT_NOTIFY: it listens at a socket, and init sends it the filter's
/// descriptor once the filter is there (runtime-spec, "Seccomp": listenerPath). The socket's path is the host's, so it is connected here.
/// </summary>
internal static class SeccompListener
{
    private const string Notify = "SCMP_ACT_NOTIFY";

    /// <exception cref="ContainerException">The profile wants an answer and names nobody who gives it, or can't work.</exception>
    internal static void Connect(SeccompSpec? profile, InheritedDescriptors inherited)
    {
        if (profile is null || !IsWanted(profile))
        {
            return;
        }

        if (string.IsNullOrEmpty(profile.ListenerPath))
        {
            throw new ContainerException($"seccomp: {Notify} is used, and listenerPath names no socket of a program that answers", "seccomp");
        }

        SafeFileHandle socket;
        try
        {
            socket = SocketCalls.Connect(profile.ListenerPath);
        }
        catch (LinuxException failure)
        {
            throw new ContainerException($"seccomp: no program listens at {profile.ListenerPath}: {failure.Errno.Describe()}", "seccomp", profile.ListenerPath, failure.Errno);
        }

        inherited.Keep(socket);
        inherited.Add(socket);
        inherited.SeccompSocket = inherited.Number(socket);
    }

    private static bool IsWanted(SeccompSpec profile)
    {
        // Init sends the descriptor under the filter: nobody could answer for this call yet.
        const string Needed = "sendmsg";
        var rules = (profile.Syscalls ?? []).Where(static rule => rule.Action == Notify).ToList();
        return profile.DefaultAction == Notify || rules.Exists(static rule => rule.Names.Contains(Needed))
            ? throw new ContainerException($"seccomp: {Notify} can't be the action for {Needed}, which hands the notifications over", "seccomp")
            : rules.Count > 0;
    }
}
