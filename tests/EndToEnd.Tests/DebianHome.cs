using System.Diagnostics;

namespace Bld.EndToEnd.Tests;

/// <summary>A store with <c>localhost/debian-base</c>, made once for all tests that need a real distribution.</summary>
public sealed class DebianHome : IDisposable
{
    public DebianHome()
    {
        var start = new ProcessStartInfo(Path.Combine(BldHome.Root, "build/debian-base")) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BLD"] = $"{BldHome.Executable} {string.Join(' ', Home.Globals)}";
        using var script = Process.Start(start)!;
        var error = script.StandardError.ReadToEndAsync();
        script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        Assert.True(script.ExitCode == 0, error.GetAwaiter().GetResult());
    }

    internal BldHome Home { get; } = new();

    /// <summary>podman would raise these to its own defaults, which takes CAP_SYS_RESOURCE.</summary>
    internal static string[] Limits => ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];

    internal string[] Podman => ["--log-level", "error", "--root", Home.In("podman"), "--runroot", Home.In("podman-run"), "--runtime", "runc"];

    /// <summary>Builds one of the examples and gives the image's id.</summary>
    internal string BuildExample(string name, params string[] flags) =>
        Home.Succeed(["bud", "-q", "--network", "host", "-t", name, .. flags, Path.Combine(BldHome.Root, "examples", name)]);

    /// <summary>Runs a shell script in an image by podman, which reads the OCI layout that <c>bld push</c> wrote.</summary>
    internal string RunByPodman(string image, params string[] command)
    {
        var layout = Home.In($"layout-{image}");
        Home.Succeed("push", "-q", image, $"oci:{layout}:latest");
        string[] limits = command.Contains("--network") ? Limits : ["--network", "none", .. Limits];
        return BldHome.Peer("podman", [.. Podman, "run", "--rm", "--quiet", .. limits, .. command[..^1], $"oci:{layout}:latest", .. command[^1] is "" ? Array.Empty<string>() : ["-c", command[^1]]]);
    }

    public void Dispose()
    {
        BldHome.Run("podman", [.. Podman, "rmi", "--all", "--force"]);
        BldHome.Run("umount", "-R", Home.In("podman/overlay"));
        Home.Dispose();
    }
}
