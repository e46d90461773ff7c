using System.Globalization;
using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Networks;

/// <summary>Connects a container's network namespace with the outside.</summary>
internal static class PrivateNetwork
{
    private const int NamespaceDescriptor = 3;
    private static readonly string[] Directories = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/usr/libexec/podman", "/usr/lib/podman"];

    /// <summary>Runs pasta on the namespace of a process; it goes on in the background and ends with the namespace.</summary>
    /// <exception cref="ContainerException">No helper is installed, or it failed.</exception>
    internal static void Configure(int process)
    {
        using var network = FileCalls.Open($"/proc/{process}/ns/net", OpenFlags.ReadOnly);
        Configure(network);
    }

    /// <inheritdoc cref="Configure(int)"/>
    internal static void Configure(SafeFileHandle network)
    {
        var pasta = FindHelper() ?? throw new ContainerException(
            "a private network needs pasta, which is not installed: install it (package passt), or use --network host or --network none",
            "network", "pasta", Errno.ENOENT);
        string[] arguments =
        [
            "pasta", "--config-net", "--quiet", "--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
            // As root it would change to nobody, who may not enter the namespace. The namespace comes as a descriptor, because
            // pasta gives up the right to look into other processes before it opens the path.
            .. Libc.geteuid() == 0 ? (string[])["--runas", "0:0"] : [],
            "--netns", string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{NamespaceDescriptor}"),
        ];
        RunHelper(pasta, arguments, network);
    }

    /// <summary>The program that connects a namespace; null where it isn't installed.</summary>
    internal static string? FindHelper() => FindProgram("pasta");

    /// <summary>The first executable of that name in the places where network helpers are installed.</summary>
    internal static string? FindProgram(string name)
    {
        foreach (var directory in Directories)
        {
            var path = $"{directory}/{name}";
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static void RunHelper(string path, string[] arguments, SafeFileHandle network)
    {
        using var highNetwork = ProcessCalls.DuplicateHigh(network);
        using var output = ProcessCalls.MakeMemoryFile(default);
        using var nothing = FileCalls.Open("/dev/null", OpenFlags.ReadWrite);
        using var high = ProcessCalls.DuplicateHigh(output);
        using var highNothing = ProcessCalls.DuplicateHigh(nothing);
        var text = (int)high.DangerousGetHandle();
        var errno = ProcessCalls.TrySpawn(
            Encoding.UTF8.GetBytes(path),
            Array.ConvertAll(arguments, Encoding.UTF8.GetBytes),
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"u8.ToArray()],
            [((int)highNothing.DangerousGetHandle(), 0), (text, 1), (text, 2), ((int)highNetwork.DangerousGetHandle(), NamespaceDescriptor)],
            out var helper);
        SetupFailure.Check(errno, "run", Encoding.UTF8.GetBytes(path));
        var code = ProcessCalls.WaitForExit(helper);
        if (code != 0)
        {
            FileCalls.Seek(output, 0);
            var said = Encoding.UTF8.GetString(ProcessCalls.ReadAll(output, 4096)).Trim().ReplaceLineEndings("; ");
            throw new ContainerException($"private network: {arguments[0]} failed ({code}): {said}", "network", path);
        }
    }
}
