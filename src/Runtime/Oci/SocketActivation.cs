using System.Globalization;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Oci;

/// <summary>Sockets that a service manager gave to this process for the container (sd_listen_fds(3)): the first descriptors from 3 on.</summary>
internal static class SocketActivation
{
    /// <summary>How many there are; those of another process don't count.</summary>
    internal static int Count() =>
        Environment.GetEnvironmentVariable("LISTEN_PID") is { } listener && listener == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>The process, which is told of them.</summary>
    internal static ProcessSpec Announce(ProcessSpec process, int count) =>
        process with { Env = [.. process.Env ?? [], $"LISTEN_FDS={count}", "LISTEN_PID=1"] };
}
