using System.Text.Json;

namespace Bld.EndToEnd.Tests.Cases;

/// <summary>The ten projects of <c>projects/</c>: checked, built, and compared with what Buildah makes of them.</summary>
public sealed class ProjectTests(ProjectStore store) : IClassFixture<ProjectStore>
{
    [Theory]
    [InlineData("debian-package", "/usr/share/hello-package/hello-package_1.0_amd64.deb")]
    [InlineData("dotnet-publish", "/app/Api.dll")]
    // Its .dockerignore takes sources back in by a wildcard below an excluded directory, which Buildah 1.28 doesn't look into: it compiles nothing.
    [InlineData("go-binary", "/server", "/server")]
    [InlineData("java-maven", "/opt/app/app.jar")]
    [InlineData("multi-platform", "/tool")]
    [InlineData("nginx-site", "/usr/share/nginx/html/index")]
    [InlineData("node-service", "/app/dist/index")]
    [InlineData("python-wheel", "/usr/lib/python3/tool/tool-1.0-py3-none-any.whl")]
    [InlineData("rust-cargo-chef", "/usr/local/bin/server")]
    public void A_project_is_built_as_Buildah_builds_it(string project, string result, string? differs = null)
    {
        store.Check(project);
        var ours = store.Build(project);
        Assert.Contains(result, ours.Files.Keys);

        var theirs = store.BuildByBuildah(project);
        if (differs is not null)
        {
            Assert.NotEqual(theirs.Files[differs].Text, ours.Files[differs].Text);
            theirs.Files.Remove(differs);
            ours.Files.Remove(differs);
        }

        Assert.Equal(Files(theirs, ours), Files(ours, ours));
        Assert.Equal(Settings(theirs, ours), Settings(ours, ours));
    }

    /// <summary>Flags that the installed Buildah doesn't know yet: --parents, --exclude, --link.</summary>
    [Fact]
    public void A_monorepo_takes_what_it_needs_from_named_contexts()
    {
        var root = Path.Combine(ProjectStore.Folder, "monorepo");
        string[] contexts = ["--build-context", $"shared={root}/shared", "--build-context", $"config={root}/config"];
        store.Check("monorepo", contexts);
        var index = store.Build("monorepo", contexts).Files["/index"].Text;

        Assert.Contains("./manifests/ui/package.json\n", index, StringComparison.Ordinal);
        Assert.Contains("./shared/x.ts\n", index, StringComparison.Ordinal);
        Assert.Contains("./packages/ui/button.ts\n", index, StringComparison.Ordinal);
        Assert.DoesNotContain("button.test.ts", index, StringComparison.Ordinal);
        Assert.Contains("\"name\": \"web\"", index, StringComparison.Ordinal);
    }

    /// <summary>
    /// Every file with what it is. What differs on purpose: times, the root's own entry, which isn't in every layer, and the mount points
    /// of a RUN, which Buildah leaves in the image.
    /// </summary>
    private static List<string> Files(BuiltImage image, BuiltImage ours) =>
        [.. image.Files.Where(file => file.Key is not ("/." or "/") && (ours.Files.ContainsKey(file.Key) || !IsMountPoint(file.Key))).OrderBy(static file => file.Key, StringComparer.Ordinal)
            .Select(static file => $"{file.Key} {file.Value.Type} {Convert.ToString(file.Value.Mode, 8)} {file.Value.User}:{file.Value.Group} {file.Value.Link} {file.Value.Text}")];

    private static bool IsMountPoint(string path) =>
        path is "/dev" or "/proc" or "/sys" or "/run" or "/etc/hosts" or "/etc/hostname" or "/etc/resolv.conf" or "/packages" or "/wheels"
            or "/var/cache/apt" or "/var/lib/apt" or "/root/.npm" or "/root/.m2" or "/root/.cache" or "/root/.cache/go-build"
        || path.StartsWith("/run/", StringComparison.Ordinal) || path.StartsWith("/dev/", StringComparison.Ordinal);

    /// <summary>
    /// The configuration as sorted lines. What differs on purpose: Buildah labels images with its version, doesn't write SHELL and
    /// HEALTHCHECK into OCI images, runs a shell-form ENTRYPOINT by /bin/sh whatever SHELL says, and gives an image from scratch no
    /// working directory and an image with a user-set PATH the same as ours.
    /// </summary>
    private static List<string> Settings(BuiltImage image, BuiltImage ours)
    {
        var lines = new List<string>();
        var config = image.Config.GetProperty("config");
        foreach (var member in config.EnumerateObject())
        {
            if (member.Name is "Labels")
            {
                lines.AddRange(member.Value.EnumerateObject().Where(static each => each.Name != "io.buildah.version").Select(static each => $"label {each.Name}={each.Value}"));
            }
            else if (member.Name is "Entrypoint" or "Cmd" && HasShell(ours))
            {
                lines.Add(member.Name);
            }
            else if (member.Name is not ("Shell" or "Healthcheck" or "ArgsEscaped" or "WorkingDir") || (member.Name is "WorkingDir" && member.Value.GetString() is not "/"))
            {
                lines.Add($"{member.Name} {member.Value.GetRawText()}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static bool HasShell(BuiltImage image) => image.Config.GetProperty("config").TryGetProperty("Shell", out var shell) && shell.ValueKind == JsonValueKind.Array;
}
