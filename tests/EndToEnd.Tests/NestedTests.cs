namespace Bld.EndToEnd.Tests;

/// <summary>
/// <c>bld</c> as root of a container that has no rights but the usual ones, as CI systems start them: under podman's filter of system calls,
/// which allows user namespaces and mounts, and under one like Docker's and containerd's, which allows neither.
/// </summary>
[Collection(DebianCollection.Name)]
public sealed class NestedTests(DebianHome debian) : IDisposable
{
    private const string Dockerfile = """
        FROM scratch
        COPY busybox /bin/busybox
        SHELL ["/bin/busybox", "sh", "-ec"]
        RUN /bin/busybox mkdir -p /etc /var/lib/x /old && echo 1 > /etc/keep && echo 2 > /old/gone && /bin/busybox ln -s /old /link
        RUN --mount=type=cache,target=/c --mount=type=bind,source=given,target=/given --mount=type=tmpfs,target=/t --mount=type=bind,source=given/file,target=/etc/one,rw \
            /bin/busybox cat /given/file /etc/one > /out; echo x > /t/memory; echo kept > /c/kept; echo thrown away > /etc/one; \
            /bin/busybox rm -r /old; echo none > /dev/null; /bin/busybox head -c 4 /dev/urandom > /dev/shm/x; /bin/busybox chown -R 33:44 /var/lib; /bin/busybox chmod 4755 /out
        RUN --mount=type=cache,target=/c /bin/busybox cp /c/kept /out2
        RUN <<EOF
        /bin/busybox test -s /etc/resolv.conf
        echo here > /doc
        EOF
        USER 33
        RUN echo 1 > /dev/null; echo 2 > /dev/shm/mine; echo $(/bin/busybox id -u) > /tmp/me || /bin/busybox echo nowhere
        """;

    /// <summary>A filter of system calls that allows no mounts and no namespaces, as the usual ones of Docker and containerd.</summary>
    internal const string NoMounts = """
        {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[
        {"names":["mount","umount2","unshare","setns","open_tree","move_mount","fsopen","fsmount","fsconfig","fspick","mount_setattr","pivot_root","bpf","keyctl","add_key","sethostname"],"action":"SCMP_ACT_ERRNO","errnoRet":1},
        {"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38},
        {"names":["clone"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":0,"value":268435456,"valueTwo":268435456,"op":"SCMP_CMP_MASKED_EQ"}]}]}
        """;

    private readonly string _store = Directory.CreateDirectory(debian.Home.In("nested-store")).FullName;

    [Fact]
    public void Where_nothing_can_be_mounted_a_build_gives_the_same_image_by_chroot()
    {
        var outside = debian.Home.Succeed(["bud", "-q", "--no-cache", "--network", "host", "--timestamp", "0", Context()]);
        var said = RunInContainer("umask 077 && bld bud -q --network host --isolation chroot --timestamp 0 /context && ls -A /store/b/tmp", "--cap-add", "mknod", "--security-opt", $"seccomp={Profile()}");
        Assert.Equal(outside, said);
    }

    [Fact]
    public void Where_nothing_can_be_mounted_a_container_runs_commands_one_after_another()
    {
        Context();
        const string Script = "c=$(bld from scratch) && bld copy -q $c /context/busybox /bin/busybox >/dev/null && bld run $c -- /bin/busybox touch /made && bld run -v /context/given:/given:ro $c -- /bin/busybox ls / /given";
        var said = RunInContainer(Script, "--cap-add", "mknod", "-e", "BUILDAH_ISOLATION=chroot", "--security-opt", $"seccomp={Profile()}");
        Assert.Contains("made", said, StringComparison.Ordinal);
        Assert.Contains("file", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "with --isolation chroot (BUILDAH_ISOLATION=chroot) it does without")]
    [InlineData("--isolation chroot --secret id=s,src=/context/given/file", "the secret for /run/secrets/s would have to be written to a disk")]
    [InlineData("--isolation chroot --device /dev/null:/dev/x", "the device /dev/null:/dev/x can't be given to a command")]
    [InlineData("--isolation chroot --volume /context:/v", "the volume at /v can't be written to")]
    public void What_can_not_be_had_without_mounts_is_said(string flags, string expected)
    {
        Context("FROM scratch\nCOPY busybox /bin/busybox\nRUN --mount=type=secret,id=s [\"/bin/busybox\", \"true\"]\n");
        var said = RunInContainer($"bld bud --network host {flags} /context 2>&1 || true", "--cap-add", "mknod", "--security-opt", $"seccomp={Profile()}");
        Assert.Contains(expected, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_that_is_refused_keeps_its_owner()
    {
        Context("FROM scratch\nCOPY busybox /bin/busybox\nUSER 33\nRUN [\"/bin/busybox\", \"true\"]\n");
        const string Script = "mkdir -p /store/v && bld bud --network host --isolation chroot --volume /store/v:/v:U /context 2>&1 | tail -1; stat -c %u /store/v";
        var said = RunInContainer(Script, "--cap-add", "mknod", "--security-opt", $"seccomp={Profile()}");
        Assert.Contains("the volume at /v can't be written to", said, StringComparison.Ordinal);
        Assert.EndsWith("\n0", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_that_may_make_no_devices_is_told_so()
    {
        Context();
        Assert.Contains("/dev/null can't be made", RunInContainer("bld bud --network host --isolation chroot /context 2>&1 || true", "--security-opt", $"seccomp={Profile()}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Under_podmans_filter_chroot_builds_with_mounts_and_without_a_name()
    {
        Context("FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"grep\", \"-c\", \"^processor\", \"/proc/cpuinfo\"]\n");
        Assert.Contains("Successfully", RunInContainer("bld bud --network host --isolation chroot -t x /context 2>&1"), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_store, recursive: true);

    private string Profile() => debian.Home.Write("no-mounts.json", NoMounts);

    private string Context(string dockerfile = Dockerfile)
    {
        debian.Home.Write("nested-context/Dockerfile", dockerfile);
        debian.Home.Write("nested-context/given/file", "given\n");
        File.Copy("/bin/busybox", debian.Home.In("nested-context/busybox"), overwrite: true);
        return debian.Home.In("nested-context");
    }

    private string RunInContainer(string script, params string[] rights)
    {
        debian.BuildExample("self", "--build-context", $"out={Path.GetDirectoryName(BldHome.Executable)}");
        return debian.RunByPodman(
            "self",
            [
                "--user", "0", "--network", "host", .. rights, "-e", "BLD_ROOT=/store/b", "-e", "BLD_RUNROOT=/tmp/b",
                "-v", $"{debian.Home.In("nested-context")}:/context:ro", "-v", $"{_store}:/store", "--entrypoint", "sh", script,
            ]).Trim();
    }
}
