namespace Bld.EndToEnd.Tests;

/// <summary>URLs as sources: which certificates are good, and how often a server is asked, is what the flags say.</summary>
public sealed class UrlSourceTests : IDisposable
{
    private readonly BldHome _home = new();
    private readonly TlsFileServer _server = new("content");

    public void Dispose()
    {
        _server.Dispose();
        _home.Dispose();
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("add")]
    public async Task The_flags_reach_the_server_of_a_copied_URL(string command)
    {
        var container = _home.Succeed("from", "scratch");
        string[] url = [container, $"{_server.Address}/file", "/file"];
        var refused = await Task.Run(() => _home.Bld([command, .. url]));
        Assert.Equal(125, refused.Code);
        Assert.Contains(
            $"cannot fetch {_server.Address}/file: its certificate was not signed by an authority that this machine trusts, or is out of date; give its authority's certificate by --cert-dir",
            refused.Error, StringComparison.Ordinal);

        _home.Write("certs/ca.crt", _server.Pem);
        foreach (var trust in (string[][])[["--cert-dir", _home.In("certs")], ["--tls-verify=false"]])
        {
            _server.BeBusy(0);
            Assert.Matches("^[0-9a-f]{64}$", await Task.Run(() => _home.Succeed([command, .. trust, .. url])));
        }

        Assert.Equal("content", File.ReadAllText(Path.Combine(_home.Succeed("mount", container), "file")));
        _home.Succeed("umount", container);
    }

    [Fact]
    public async Task A_busy_server_is_asked_as_often_as_the_flag_says()
    {
        var container = _home.Succeed("from", "scratch");
        string[] copy = ["copy", "--tls-verify=false", "--retry-delay", "1ms", "--retry"];
        _server.BeBusy(3);
        var failed = await Task.Run(() => _home.Bld([.. copy, "2", container, $"{_server.Address}/file", "/"]));
        Assert.Equal((125, 3), (failed.Code, _server.Requests));
        Assert.Contains($"cannot fetch {_server.Address}/file: invalid response status 503 Busy", failed.Error, StringComparison.Ordinal);

        _server.BeBusy(3);
        await Task.Run(() => _home.Succeed([.. copy, "3", container, $"{_server.Address}/file", "/"]));
        Assert.Equal(4, _server.Requests);

        _server.BeBusy(1);
        await Task.Run(() => _home.Bld([.. copy, "0", container, $"{_server.Address}/file", "/"]));
        Assert.Equal(1, _server.Requests);
    }

    [Fact]
    public async Task They_reach_the_ADD_of_a_build_too()
    {
        _home.Write("context/Dockerfile", $"FROM scratch\nADD {_server.Address}/file /file\n");
        Assert.Contains("its certificate was not signed", (await Task.Run(() => _home.Bld("bud", _home.In("context")))).Error, StringComparison.Ordinal);

        _home.Write("certs/ca.crt", _server.Pem);
        _server.BeBusy(2);
        await Task.Run(() => _home.Succeed(
            "bud", "-q", "--cert-dir", _home.In("certs"), "--retry", "2", "--retry-delay", "1ms", "-o", $"type=local,dest={_home.In("root")}", _home.In("context")));
        Assert.Equal("content", File.ReadAllText(_home.In("root/file")));
        Assert.Equal(3, _server.Requests);
    }
}
