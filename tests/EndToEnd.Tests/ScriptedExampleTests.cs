using System.Diagnostics;

namespace Bld.EndToEnd.Tests;

/// <summary>The scripts in <c>examples/scripted</c>, each run with <c>bld</c> and with <c>buildah</c>: the same files, the same configuration.</summary>
public sealed class ScriptedExampleTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    // Buildah's chroot isolation leaves what it mounts upon.
    private static readonly string[] MountPoints = ["dev", "proc", "sys", "run", "run/.containerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf"];

    private readonly BldHome _home = fixture.Home;

    [Fact]
    public void A_package_manager_fills_a_root_from_scratch()
    {
        Directory.CreateDirectory(_home.In("deb/usr/bin"));
        File.Copy("/bin/busybox", _home.In("deb/usr/bin/busybox"), overwrite: true);
        _home.Write("deb/DEBIAN/control", "Package: box\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: one program\n");
        BldHome.Peer("dpkg-deb", "--root-owner-group", "--build", _home.In("deb"), _home.In("box.deb"));
        Compare("from-scratch", _home.In("box.deb"));
    }

    [Fact]
    public void A_service_is_put_together() => Compare("service", "base");

    [Fact]
    public void What_one_container_made_is_copied_to_another() => Compare("multi-stage", "base");

    private void Compare(string script, string argument)
    {
        string[] buildah = ["buildah", "--log-level", "error", "--root", _home.In("buildah"), "--runroot", _home.In("buildah-run"), "--storage-driver", "vfs"];
        string[] bld = [BldHome.Executable, .. _home.Globals];
        try
        {
            _home.Succeed("tag", "busybox", "base");
            var layout = _home.Layout("base");
            var id = BldHome.Peer(buildah[0], [.. buildah[1..], "pull", "-q", $"oci:{layout}"]);
            BldHome.Peer(buildah[0], [.. buildah[1..], "tag", id, "localhost/base:latest"]);

            Run(script, argument, bld, isolation: null);
            Run(script, argument, buildah, isolation: "chroot");
            var theirs = _home.In($"theirs-{script}");
            BldHome.Peer(buildah[0], [.. buildah[1..], "push", "-q", "made", $"oci:{theirs}:latest"]);
            BldHome.Peer("umoci", "unpack", "--image", $"{theirs}:latest", $"{theirs}-bundle");

            Assert.Equal(Without(ContainerImage.Listing($"{theirs}-bundle/rootfs")), Without(_home.Files("made")));
            const string Fields = "{{.Config.Env}} {{.Config.Cmd}} {{.Config.Entrypoint}} {{.Config.User}} {{.Config.WorkingDir}} {{.Config.ExposedPorts}} {{.Config.StopSignal}}";
            Assert.Equal(
                BldHome.Peer("skopeo", "inspect", "--config", "--format", Fields, $"oci:{theirs}:latest"),
                BldHome.Peer("skopeo", "inspect", "--config", "--format", Fields, "oci:" + _home.Layout("made")));
            Assert.Equal("", _home.Succeed("containers", "-q"));
        }
        finally
        {
            BldHome.Run(buildah[0], [.. buildah[1..], "rm", "--all"]);
            BldHome.Run(buildah[0], [.. buildah[1..], "rmi", "--all", "--force"]);
        }
    }

    private static string Without(string files) =>
        string.Join('\n', files.Split('\n').Where(static line => !MountPoints.Contains(line.Split(' ')[0])));

    private static void Run(string script, string argument, string[] tool, string? isolation)
    {
        var start = new ProcessStartInfo(Path.Combine(BldHome.Root, $"examples/scripted/{script}.sh"), ["made", argument])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BUILDAH"] = string.Join(' ', tool);
        start.Environment.Remove("BUILDAH_ISOLATION");
        if (isolation is not null)
        {
            start.Environment["BUILDAH_ISOLATION"] = isolation;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script} with {tool[0]}: {error.GetAwaiter().GetResult()}");
    }
}
