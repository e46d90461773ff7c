using System.Globalization;

using Bld.Runtime.Linux;
using Bld.Runtime.Rootless;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Networks;

/// <summary>Connects a container's network namespace with the outside.</summary>
internal static class PrivateNetwork
{
    private const int NamespaceDescriptor = 3;
    private const string MapGateway = "--map-gw";

    // No port of one side is a port of the other, unless somebody says so.
    private static readonly (string Short, string Long)[] Defaults = [("-t", "--tcp-ports"), ("-u", "--udp-ports"), ("-T", "--tcp-ns"), ("-U", "--udp-ns")];

    /// <summary>Runs pasta on the namespace of a process; it goes on in the background and ends with the namespace.</summary>
    /// <exception cref="ContainerException">No helper is installed, or it failed.</exception>
    internal static void Configure(int process)
    {
        using var network = FileCalls.Open($"/proc/{process}/ns/net", OpenFlags.ReadOnly);
        Configure(network, []);
    }

    /// <inheritdoc cref="Configure(int)"/>
    /// <param name="network">The namespace.</param>
    /// <param name="options">Options of pasta(1), a word each; <c>--map-gw</c> is ours: it makes the gateway's address the host.</param>
    /// <param name="pidFile">A file that gets the process id, for who ends it; null when nobody does.</param>
    internal static void Configure(SafeFileHandle network, IReadOnlyList<string> options, string? pidFile = null)
    {
        var pasta = FindHelper() ?? throw new ContainerException(
            "a private network needs pasta, which is not installed: install it (package passt), or use --network host or --network none",
            "network", "pasta", Errno.ENOENT);
        string[] arguments =
        [
            "pasta", "--config-net", "--quiet",
            .. options.Contains(MapGateway) ? (string[])[] : ["--no-map-gw"],
            .. Defaults.Where(each => !options.Any(option => option.StartsWith(each.Short) || option.Split('=')[0] == each.Long)).SelectMany(static each => (string[])[each.Short, "none"]),
            .. options.Where(static option => option != MapGateway),
            // As root it would change to nobody, who may not enter the namespace. The namespace comes as a descriptor, because
            // pasta gives up the right to look into other processes before it opens the path.
            .. Libc.geteuid() == 0 ? (string[])["--runas", "0:0"] : [],
            .. pidFile is null ? (string[])[] : ["--pid", pidFile],
            "--netns", string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{NamespaceDescriptor}"),
        ];
        var (code, said) = HelperProgram.Run(pasta, arguments, network);
        if (code != 0)
        {
            throw new ContainerException($"private network: {arguments[0]} failed ({code}): {Complaint(said)}", "network", pasta);
        }
    }

    // Behind an option that it doesn't know come all that it does, and to where it could not log them.
    private static string Complaint(string said) =>
        string.Join("; ", said.Split("; ").TakeWhile(static line => !line.StartsWith("Usage:")).Where(static line => !line.StartsWith("Failed to send ")));

    /// <summary>The program that connects a namespace; null where it isn't installed.</summary>
    internal static string? FindHelper() => HelperProgram.Find("pasta");
}
