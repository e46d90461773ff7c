namespace Bld.EndToEnd.Tests.Cases;

/// <summary>A store of ours and one of Buildah's, both with the toolbox image under the names that the projects' Dockerfiles use.</summary>
public sealed class ProjectStore : IDisposable
{
    private static readonly string[] Names =
    [
        "docker.io/library/debian:bookworm", "docker.io/library/debian:bookworm-slim", "docker.io/library/eclipse-temurin:21-jre",
        "docker.io/library/golang:1.24", "docker.io/library/maven:3.9", "docker.io/library/nginx:1.29", "docker.io/library/node:22",
        "docker.io/library/python:3.13", "docker.io/library/rust:1.90", "mcr.microsoft.com/dotnet/aspnet:10.0", "mcr.microsoft.com/dotnet/sdk:10.0",
    ];

    private readonly BldHome _home = new();

    public ProjectStore()
    {
        BldHome.Peer("cp", "-r", Path.Combine(Folder, "toolbox"), _home.In("toolbox"));
        File.Copy("/bin/busybox", _home.In("toolbox/busybox"));
        _home.Succeed("bud", "-q", "-t", "localhost/toolbox", _home.In("toolbox"));
        _home.Succeed("push", "-q", "localhost/toolbox", $"oci:{_home.In("layout")}:toolbox");
        var pulled = Buildah("pull", "-q", $"oci:{_home.In("layout")}:toolbox");
        foreach (var name in Names)
        {
            _home.Succeed("tag", "localhost/toolbox", name);
            Buildah("tag", pulled, name);
        }
    }

    internal static string Folder => Path.Combine(BldHome.Root, "tests", "EndToEnd.Tests", "projects");

    public void Dispose()
    {
        Buildah("rmi", "--all", "--force");
        _home.Dispose();
    }

    internal void Check(string project, params string[] flags)
    {
        var outcome = _home.Bld(["bud", "--check", .. flags, Path.Combine(Folder, project)]);
        Assert.True(outcome.Code == 0, outcome.Output + outcome.Error);
    }

    internal BuiltImage Build(string project, params string[] flags)
    {
        var id = _home.Succeed(["bud", "-q", "--pull=never", .. flags, Path.Combine(Folder, project)]);
        _home.Succeed("push", "-q", id, $"dir:{_home.In($"ours-{project}")}");
        return BuiltImage.Read(_home.In($"ours-{project}"));
    }

    internal BuiltImage BuildByBuildah(string project)
    {
        Buildah("bud", "-q", "--isolation", "chroot", "--pull-never", "-t", project, Path.Combine(Folder, project));
        Buildah("push", "-q", project, $"dir:{_home.In($"theirs-{project}")}");
        return BuiltImage.Read(_home.In($"theirs-{project}"));
    }

    private string Buildah(params string[] arguments) => BldHome.Peer(
        "buildah", ["--root", _home.In("buildah"), "--runroot", _home.In("buildah-run"), "--storage-driver", "vfs", .. arguments]);
}
