namespace Bld.EndToEnd.Tests;

/// <summary>What <c>bld</c> emits, judged by programs that others wrote: they read it, unpack it, run it, build on it, and make the same.</summary>
[Collection(DebianCollection.Name)]
public sealed class PeerTests(DebianHome debian)
{
    private const string Dockerfile = """
        FROM localhost/tools
        RUN cp /bin/cat /usr/local/bin/mycat && setcap cap_net_raw+ep /usr/local/bin/mycat
        RUN touch /srv/x && setfattr -n user.hello -v world /srv/x && chown 123:456 /srv/x && chmod 4711 /srv/x && ln /srv/x /srv/y && ln -s /srv/x /srv/z
        RUN rm -rf /usr/share/bug /etc/issue && mkdir -m 1777 /srv/t && mkfifo /srv/pipe
        RUN rm -rf /etc/apt && mkdir -m 700 /etc/apt && echo new > /etc/apt/only
        COPY --chown=7:8 data /opt/data/
        WORKDIR /var/work
        RUN pwd > /srv/directory
        ENV A=b
        LABEL of=judges
        EXPOSE 80/tcp
        VOLUME /data
        USER 12:34
        CMD ["id"]

        """;

    // Buildah's chroot isolation leaves the files that it mounts upon in the layer.
    private const string BuildahsMountPoints = "-path ./etc/hosts -o -path ./etc/resolv.conf -o -path ./run/.containerenv";

    private BldHome Home => debian.Home;

    [Fact]
    public void The_tree_and_the_configuration_are_as_buildah_makes_them()
    {
        MakeTools();
        Home.Write("context/data/file", "content");
        Home.Write("context/data/below/other", "more");
        BldHome.Peer("ln", "-sfn", "below/other", Home.In("context/data/link"));
        Home.Build(Dockerfile, "-t", "judged", "--network", "host");
        Home.Succeed("push", "-q", "judged", $"oci:{Home.In("ours")}:latest");

        string[] buildah = ["--log-level", "error", "--root", Home.In("buildah"), "--runroot", Home.In("buildah-run")];
        try
        {
            Home.Succeed("push", "-q", "localhost/tools", $"oci:{Home.In("tools-layout")}:latest");
            var tools = BldHome.Peer("buildah", [.. buildah, "pull", "-q", $"oci:{Home.In("tools-layout")}:latest"]);
            BldHome.Peer("buildah", [.. buildah, "tag", tools, "localhost/tools:latest"]);
            BldHome.Peer("buildah", [.. buildah, "bud", "-q", "--layers", "--isolation", "chroot", "--network", "host", "-t", "judged", Home.In("context")]);
            BldHome.Peer("buildah", [.. buildah, "push", "-q", "judged", $"oci:{Home.In("theirs")}:latest"]);

            Assert.Equal(Tree("theirs"), Tree("ours"));
            foreach (var field in new[] { "Env", "Cmd", "WorkingDir", "User", "ExposedPorts", "Volumes", "Entrypoint" })
            {
                Assert.Equal(Config("theirs", field), Config("ours", field));
            }

            // And Buildah goes on from what bld made.
            var image = BldHome.Peer("buildah", [.. buildah, "pull", "-q", $"oci:{Home.In("ours")}:latest"]);
            var container = BldHome.Peer("buildah", [.. buildah, "from", image]);
            Assert.Equal("12:34", BldHome.Peer("buildah", [.. buildah, "run", "--isolation", "chroot", container, "--", "sh", "-c", "echo $(id -u):$(id -g)"]));
        }
        finally
        {
            BldHome.Run("buildah", [.. buildah, "rm", "--all"]);
            BldHome.Run("buildah", [.. buildah, "rmi", "--all", "--force"]);
            BldHome.Run("umount", "-R", Home.In("buildah/overlay"));
        }
    }

    [Fact]
    public void Podman_runs_a_file_with_capabilities_and_skopeo_copies_by_digest()
    {
        MakeTools();
        Home.Build("FROM localhost/tools\nRUN cp /bin/cat /capable && setcap cap_net_raw+ep /capable\n", "-t", "capable", "--network", "host");
        Assert.Equal("/capable cap_net_raw=ep", debian.RunByPodman("capable", "--entrypoint", "sh", "getcap /capable"));

        var digest = BldHome.Peer("skopeo", "inspect", "--format", "{{.Digest}}", $"oci:{Home.In("layout-capable")}:latest");
        BldHome.Peer("skopeo", "copy", "--quiet", $"oci:{Home.In("layout-capable")}:latest", $"dir:{Home.In("copied")}");
        Assert.Equal(digest, "sha256:" + BldHome.Peer("sha256sum", Home.In("copied/manifest.json")).Split(' ')[0]);
    }

    /// <summary>A base with the programs that set capabilities and attributes.</summary>
    private void MakeTools()
    {
        if (Home.Succeed("images").Contains("localhost/tools", StringComparison.Ordinal))
        {
            return;
        }

        Home.Build("FROM localhost/debian-base\nRUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libcap2-bin attr >/dev/null\n", "-t", "localhost/tools", "--network", "host");
    }

    /// <summary>Every file of an image with its kind, mode, owner, size, target, link count, capabilities and attributes, as umoci unpacks them.</summary>
    private string Tree(string layout)
    {
        var bundle = Home.In($"bundle-{layout}");
        BldHome.Peer("umoci", "unpack", "--image", $"{Home.In(layout)}:latest", bundle);
        return BldHome.Peer("sh", "-c", $"""
            cd {bundle}/rootfs && find . -mindepth 1 \( {BuildahsMountPoints} \) -prune -o -printf '%P %y %m %U:%G %l' \( -type f -printf ' %n %s\n' -o -printf '\n' \) | LC_ALL=C sort
            getcap -r . 2>/dev/null | LC_ALL=C sort; getfattr -R -d -m - . 2>/dev/null; true
            """);
    }

    private string Config(string layout, string field) =>
        BldHome.Peer("skopeo", "inspect", "--config", "--format", $"{{{{.Config.{field}}}}}", $"oci:{Home.In(layout)}:latest");
}
