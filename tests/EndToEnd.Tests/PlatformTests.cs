namespace Bld.EndToEnd.Tests;

/// <summary>Builds for several platforms: side by side, what they have in common once, all or none.</summary>
public sealed class PlatformTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    private const string Both = "linux/amd64,linux/arm64";
    private readonly BldHome _home = fixture.Home;

    [Fact]
    public void Platforms_are_built_side_by_side_and_each_line_says_whose_it_is()
    {
        // Each waits for the other: one after the other they would never end well.
        _home.Write("beside/Dockerfile", """
            FROM --platform=$BUILDPLATFORM localhost/busybox AS build
            ARG TARGETARCH
            RUN --mount=type=cache,target=/meet touch /meet/$TARGETARCH; i=0; until [ -e /meet/amd64 ] && [ -e /meet/arm64 ]; do sleep 0.1; i=$((i+1)); [ $i -lt 600 ] || exit 9; done; printf "met as $TARGETARCH"
            FROM scratch
            COPY --from=build /bin/busybox /
            """);
        var output = _home.Succeed("bud", "--jobs", "2", "--platform", Both, "-t", "beside", _home.In("beside"));

        Assert.Contains("[linux/amd64 build 3/3] met as amd64\n", output, StringComparison.Ordinal);
        Assert.Contains("[linux/arm64 build 3/3] met as arm64\n", output, StringComparison.Ordinal);
        Assert.Contains("[linux/arm64 1/2] STEP 3/3: RUN", output, StringComparison.Ordinal);
        Assert.EndsWith(_home.Succeed("images", "-q", "--no-trunc", "beside").Replace("sha256:", "", StringComparison.Ordinal), output, StringComparison.Ordinal);
        Assert.Contains("Successfully tagged localhost/beside:latest\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_platforms_have_in_common_is_made_once_also_without_the_cache()
    {
        _home.Write("common/Dockerfile", """
            FROM --platform=$BUILDPLATFORM localhost/busybox AS build
            RUN sleep 0.5; head -c 16 /dev/urandom > /random; echo made it
            FROM scratch
            COPY --from=build /random /
            """);
        var output = _home.Succeed("bud", "--no-cache", "--platform", Both, "-t", "common", _home.In("common"));
        Assert.Equal(1, output.Split("] made it\n").Length - 1);

        var list = System.Text.Json.Nodes.JsonNode.Parse(_home.Succeed("manifest", "inspect", "common"))!;
        Assert.Equal(2, list["manifests"]!.AsArray().Count);
    }

    [Fact]
    public void Two_stages_of_one_build_with_the_same_steps_make_them_once()
    {
        _home.Write("same/Dockerfile", """
            FROM localhost/busybox AS one
            RUN sleep 0.5; echo made it
            FROM localhost/busybox AS two
            RUN sleep 0.5; echo made it
            FROM scratch
            COPY --from=one /bin/busybox /1
            COPY --from=two /bin/busybox /2
            """);
        Assert.Equal(1, _home.Succeed("bud", "--no-cache", _home.In("same")).Split("\nmade it\n").Length - 1);
    }

    [Fact]
    public void A_failure_of_one_stops_the_others_and_nothing_is_named()
    {
        _home.Write("failing/Dockerfile", """
            FROM --platform=$BUILDPLATFORM localhost/busybox AS build
            ARG TARGETARCH
            RUN --mount=type=cache,target=/fail if [ $TARGETARCH = arm64 ]; then exit 7; else sleep 60; touch /fail/went-on; fi
            FROM scratch
            COPY --from=build /bin/busybox /
            """);
        var outcome = _home.Bld("bud", "--jobs", "2", "--platform", Both, "-t", "failing", _home.In("failing"));

        Assert.Equal(7, outcome.Code);
        Assert.Contains("exit code: 7", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(125, _home.Bld("inspect", "failing").Code);
        Assert.Equal("arm64\n", _home.Bld("debug", "--run", "echo $TARGETARCH").Output);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_home.Store, "cache-mounts"), "went-on", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_home.Store, "tmp")));
    }

    [Fact]
    public void Each_platform_has_a_directory_in_what_is_written()
    {
        _home.Write("roots/Dockerfile", """
            FROM scratch
            ARG TARGETARCH
            COPY $TARGETARCH /
            """);
        foreach (var architecture in new[] { "amd64", "arm64" })
        {
            _home.Write($"roots/{architecture}/usr/name", architecture);
            File.CreateSymbolicLink(_home.In($"roots/{architecture}/usr/link"), "name");
            BldHome.Peer("ln", _home.In($"roots/{architecture}/usr/name"), _home.In($"roots/{architecture}/usr/same"));
        }

        var (folder, archive) = (_home.In("roots-out"), _home.In("roots.tar"));
        _home.Succeed("bud", "--platform", Both, "-o", folder, "-o", $"type=tar,dest={archive}", _home.In("roots"));
        Assert.Equal("arm64", File.ReadAllText($"{folder}/linux_arm64/usr/name"));
        var listed = BldHome.Peer("tar", "-tf", archive).Split('\n');
        Assert.Equal(["linux_amd64/", "linux_amd64/usr/", "linux_amd64/usr/link", "linux_amd64/usr/name", "linux_amd64/usr/same", "linux_arm64/"], listed[..6]);
        Directory.CreateDirectory(_home.In("read"));
        BldHome.Peer("tar", "-C", _home.In("read"), "-xf", archive);
        Assert.Equal("arm64", File.ReadAllText(_home.In("read/linux_arm64/usr/same")));

        // One platform: as is said, or as the argument says.
        _home.Succeed("bud", "-o", $"type=local,dest={folder}/split,platform-split=true", _home.In("roots"));
        Assert.Equal("amd64", File.ReadAllText($"{folder}/split/linux_amd64/usr/name"));
        _home.Succeed("bud", "--build-arg", "BUILDKIT_MULTI_PLATFORM=1", "-t", "one-of-many", "-o", $"{folder}/many", "-o", $"type=local,dest={folder}/plain,platform-split=0", _home.In("roots"));
        Assert.Equal("amd64", File.ReadAllText($"{folder}/many/linux_amd64/usr/name"));
        Assert.Equal("amd64", File.ReadAllText($"{folder}/plain/usr/name"));
        Assert.Contains("image.index", _home.Succeed("manifest", "inspect", "one-of-many"), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_files_of_several_platforms_would_meet_nothing_is_built()
    {
        _home.Write("meet/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var outcome = _home.Bld("bud", "--platform", Both, "-o", $"type=local,dest={_home.In("met")},platform-split=false", _home.In("meet"));
        Assert.Equal(125, outcome.Code);
        Assert.Contains("platform-split=false takes one platform's files", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("STEP", outcome.Output + outcome.Error, StringComparison.Ordinal);
        Assert.Contains("must be true or false", _home.Bld("bud", "--build-arg", "BUILDKIT_MULTI_PLATFORM=maybe", _home.In("meet")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_that_platforms_have_in_common_is_told_once()
    {
        _home.Write("broken/Dockerfile", """
            FROM --platform=$BUILDPLATFORM localhost/busybox
            RUN sleep 0.5; echo no good; exit 5
            """);
        var outcome = _home.Bld("bud", "--progress", "rawjson", "--platform", Both, _home.In("broken"));

        Assert.Equal(5, outcome.Code);
        Assert.Equal(1, outcome.Output.Split("\"step-failed\"").Length - 1);
    }
}
