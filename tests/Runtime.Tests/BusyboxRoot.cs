using System.Text;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>What a container left: its exit code and what it wrote to standard output and error.</summary>
internal sealed record Result(int Code, string Output);

/// <summary>A root file system of busybox in a temporary directory, and containers in it.</summary>
internal sealed class BusyboxRoot : IDisposable
{
    private static readonly string[] Applets =
    [
        "sh", "true", "false", "ls", "cat", "mount", "id", "sleep", "ps", "hostname", "echo", "env", "ip", "kill", "stat", "readlink",
        "head", "yes", "grep", "touch", "pwd", "umount", "mkdir", "wc", "test", "tty",
    ];

    internal BusyboxRoot()
    {
        Path = Directory.CreateTempSubdirectory("bld-runtime-").FullName;
        // The container's users have to get in.
        const UnixFileMode Everybody = (UnixFileMode)0x1ED;
        File.SetUnixFileMode(Path, Everybody);
        foreach (var directory in (string[])["bin", "etc", "proc", "sys", "dev", "tmp"])
        {
            Directory.CreateDirectory(In(directory));
        }

        File.Copy("/bin/busybox", In("bin/busybox"));
        foreach (var applet in Applets)
        {
            File.CreateSymbolicLink(In("bin/" + applet), "busybox");
        }

        File.WriteAllText(In("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n");
        File.WriteAllText(In("etc/group"), "root:x:0:\napp:x:1001:\nextra:x:2000:app\n");
    }

    internal string Path { get; }

    internal static string InitExecutable { get; } =
        System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "../../init-host/init-host"));

    internal string In(string path) => System.IO.Path.Combine(Path, path);

    /// <summary>A request for a command as a build would make it.</summary>
    internal ContainerRequest Request(params string[] command)
    {
        var spec = DefaultSpec.ForBuild();
        return new ContainerRequest
        {
            InitExecutable = InitExecutable,
            Spec = spec with
            {
                Root = new RootSpec { Path = Path },
                Process = spec.Process! with { Args = command, Env = ["PATH=/bin"] },
            },
        };
    }

    /// <summary>Runs a shell script to its end.</summary>
    internal Result Shell(string script) => Run(Request("sh", "-c", script));

    /// <summary>Runs a request to its end, with output and error in one.</summary>
    internal static Result Run(ContainerRequest request)
    {
        var file = System.IO.Path.GetTempFileName();
        try
        {
            int code;
            using (var output = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
            using (var container = Container.Start(request with { Output = output, Error = output }, limit.Token))
            {
                code = container.Wait(limit.Token);
            }

            return new Result(code, File.ReadAllText(file, Encoding.UTF8));
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
