using System.Text;
using System.Text.Json;

namespace Bld.Registry.Tests;

public sealed class ImageModelTests
{
    [Fact]
    public void A_configuration_is_written_as_go_writes_it()
    {
        const string Json =
            """{"created":"2026-11-23T10:00:00.5Z","architecture":"amd64","os":"linux","config":{"ExposedPorts":{"80/tcp":{}},"Env":["A=b+c"],"x":1},"rootfs":{"type":"layers","diff_ids":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]},"history":[{"created":"2026-11-23T10:00:00Z","created_by":"x <y>","empty_layer":true}]}""";

        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes(Json));

        Assert.Equal(Json, Encoding.UTF8.GetString(config.ToJson()));
        Assert.Equal("A=b+c", config.Config!.Env![0]);
        Assert.True(config.History![0].EmptyLayer);
    }

    [Fact]
    public void A_manifest_keeps_fields_that_nobody_knows()
    {
        const string Json =
            """{"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":1},"layers":[],"zzz":[1,2]}""";

        Assert.Equal(Json, Encoding.UTF8.GetString(ImageManifest.Parse(Encoding.UTF8.GetBytes(Json)).ToJson()));
    }

    [Fact]
    public void An_empty_list_may_be_null_as_go_writes_it_but_must_be_there()
    {
        const string Config = """{"config":{"mediaType":"a","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":1}""";

        Assert.Empty(ImageManifest.Parse(Encoding.UTF8.GetBytes(Config + ",\"layers\":null}")).Layers);
        Assert.Equal("\"layers\" is missing", Assert.Throws<JsonException>(() => ImageManifest.Parse(Encoding.UTF8.GetBytes(Config + "}"))).Message);
    }

    [Theory]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("darwin/ppc64le", "darwin/ppc64le")]
    public void Platforms_are_normalised(string text, string expected) => Assert.Equal(expected, Platform.Parse(text).ToString());

    [Theory]
    [InlineData("a/b/c/d")]
    [InlineData("/x")]
    [InlineData("windows(10.0.1)/amd64")]
    public void What_is_no_platform_is_refused(string text) => Assert.Throws<FormatException>(() => Platform.Parse(text));
}
