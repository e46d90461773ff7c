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
}
