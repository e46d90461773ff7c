namespace Bld.EndToEnd.Tests;

/// <summary>The projects in <c>examples/</c> are built as their readers would build them, and run by another engine.</summary>
[Collection(DebianCollection.Name)]
public sealed class ExampleTests(DebianHome debian)
{
    [Fact]
    public void The_C_program_is_compiled_and_greets()
    {
        debian.BuildExample("hello");
        Assert.Equal("Hello from an image built by bld, as user 65534.", debian.RunByPodman("hello", ""));
    }

    [Fact]
    public void The_site_is_served_by_nginx_without_root()
    {
        debian.BuildExample("nginx-site");
        var page = debian.RunByPodman(
            "nginx-site", "--entrypoint", "bash", "nginx && exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3");
        Assert.Contains("Served from an image that bld built.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_Python_program_is_installed_from_its_wheel()
    {
        debian.BuildExample("python-app");
        Assert.Equal("2 b\n     1 a", debian.RunByPodman("python-app", "--entrypoint", "sh", "echo b a b | wordcount"));
    }

    [Fact]
    public void The_dotnet_service_is_compiled_with_the_SDK_of_the_host()
    {
        var dotnet = Path.GetDirectoryName(BldHome.Peer("sh", "-c", "readlink -f \"$(command -v dotnet)\""))!;
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        debian.BuildExample("dotnet-service", "--build-context", $"sdk={dotnet}", "--build-context", $"packages={packages}");
        var answer = debian.RunByPodman(
            "dotnet-service", "--entrypoint", "bash", "service --once & for i in $(seq 50); do exec 3<>/dev/tcp/127.0.0.1/8080 && break; sleep 0.1; done 2>/dev/null; printf 'GET /x HTTP/1.0\\r\\nHost: 127.0.0.1:8080\\r\\n\\r\\n' >&3; cat <&3");
        Assert.Contains("Hello from /x", answer, StringComparison.Ordinal);
    }

    /// <summary>
    /// What examples/ci/kubernetes-job.yaml runs, with its rights: user 1000 in a container whose seccomp profile allows user namespaces and
    /// whose /proc is not covered. The second job begins with an empty store and finds every step at the registry.
    /// </summary>
    [Fact]
    public void The_image_of_bld_builds_and_pushes_in_a_pod_without_privilege()
    {
        debian.BuildExample("self", "--build-context", $"out={Path.GetDirectoryName(BldHome.Executable)}");
        using var registry = RegistryServer.Start(debian.Home);
        var context = debian.Home.In("pod-context");
        debian.Home.Write("pod-context/Dockerfile", "FROM scratch\nCOPY --chown=33 busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sh\", \"-c\", \"/bin/busybox stat -c %u /bin/busybox > /owner\"]\n");
        File.Copy("/bin/busybox", Path.Combine(context, "busybox"), overwrite: true);
        string[] variables = ["-e", $"IMAGE={registry.Host}/team/app:1", "-e", $"CACHE={registry.Host}/team/cache", "-e", "FLAGS=--tls-verify=false", "-e", "CONTEXT=/context"];
        foreach (var (store, expected) in (ReadOnlySpan<(string, string)>)[("pod-1", "0 of 2 steps found"), ("pod-2", "all 2 steps found")])
        {
            Directory.CreateDirectory(debian.Home.In(store));
            BldHome.Peer("chown", "1000:1000", debian.Home.In(store));
            var output = debian.RunByPodman(
                "self",
                [
                    "--user", "1000", "--network", "host", "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL", .. variables,
                    "-v", $"{BldHome.Root}/examples/ci:/job:ro", "-v", $"{context}:/context:ro", "-v", $"{debian.Home.In(store)}:/home/bld", "--entrypoint", "sh",
                    "sh /job/build.sh 2>&1",
                ]);
            Assert.Contains("bld can build here", output, StringComparison.Ordinal);
            Assert.Contains(expected, output, StringComparison.Ordinal);
            Assert.DoesNotContain("only one user id", output, StringComparison.Ordinal);
        }

        Assert.Equal("33", BldHome.Peer("podman", [.. debian.Podman, "run", "--rm", "--quiet", "--tls-verify=false", .. DebianHome.Limits, "--network", "none", $"{registry.Host}/team/app:1", "/bin/busybox", "cat", "/owner"]));
    }
}
