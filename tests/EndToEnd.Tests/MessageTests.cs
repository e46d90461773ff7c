namespace Bld.EndToEnd.Tests;

/// <summary>What scripts look for in messages: what Buildah says, we say too, and go on if we know more.</summary>
public sealed class MessageTests : IDisposable
{
    private readonly BldHome _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("push")]
    [InlineData("push nosuch")]
    [InlineData("pull")]
    [InlineData("pull a b")]
    [InlineData("pull --policy bad nosuch")]
    [InlineData("login")]
    [InlineData("logout")]
    [InlineData("logout nosuch.example")]
    [InlineData("tag")]
    [InlineData("tag nosuch")]
    [InlineData("tag nosuch new")]
    [InlineData("rename")]
    [InlineData("rename nosuch new")]
    [InlineData("copy")]
    [InlineData("add")]
    [InlineData("copy nosuch /etc/passwd /")]
    [InlineData("run")]
    [InlineData("run nosuch")]
    [InlineData("run nosuch true")]
    [InlineData("inspect")]
    [InlineData("inspect nosuch")]
    [InlineData("mount nosuch")]
    [InlineData("umount")]
    [InlineData("umount nosuch")]
    [InlineData("umount -a nosuch")]
    [InlineData("rm")]
    [InlineData("rm nosuch")]
    [InlineData("rm -a nosuch")]
    [InlineData("rmi")]
    [InlineData("rmi -a nosuch")]
    [InlineData("config")]
    [InlineData("config nosuch")]
    [InlineData("commit")]
    [InlineData("commit nosuch")]
    [InlineData("from")]
    [InlineData("from scratch more")]
    [InlineData("from scratch -q")]
    [InlineData("from --pull-never localhost/nosuch")]
    [InlineData("from --cidfile /nosuch/x scratch", "open /nosuch/x: no such file or directory")]
    [InlineData("from docker-archive:/nosuch", "/nosuch: no such file or directory")]
    [InlineData("manifest create")]
    [InlineData("containers --filter bad")]
    [InlineData("containers --filter bad=1")]
    [InlineData("images nosuch")]
    [InlineData("images -q --format x")]
    [InlineData("bud --target nosuch {0}")]
    [InlineData("bud --logsplit {0}")]
    [InlineData("bud --cache-ttl bad {0}")]
    [InlineData("bud --platform a/b/c/d {0}", "invalid platform syntax for \"a/b/c/d\"")]
    [InlineData("bud -t UPPER {0}", "invalid reference format: repository name")]
    [InlineData("bud --isolation bad {0}")]
    [InlineData("bud --volume bad {0}")]
    [InlineData("bud --memory bad {0}")]
    [InlineData("bud --secret bad {0}", "incorrect secret flag format: should be --secret id=foo,src=bar[,env=ENV,type=file|env]")]
    [InlineData("bud --add-host bad {0}", "bad format for add-host: \"bad\"")]
    [InlineData("bud --security-opt bad {0}")]
    [InlineData("bud --build-context bad {0}")]
    [InlineData("bud --dns none --dns 192.0.2.1 {0}")]
    [InlineData("bud --authfile /nosuch {0}")]
    [InlineData("bud {0}/empty")]
    [InlineData("bud -f {0}/empty/Dockerfile {0}", "no contents in \"")]
    public void A_message_begins_as_Buildahs_does(string words, string? expected = null)
    {
        _home.Write("context/Dockerfile", "FROM scratch AS first\nRUN true\n");
        _home.Write("context/empty/Dockerfile", "");
        File.Move(_home.In("context/empty/Dockerfile"), _home.In(words.EndsWith("/empty", StringComparison.Ordinal) ? "context/moved" : "context/empty/Dockerfile"), overwrite: true);
        string[] arguments = [.. words.Split(' ').Select(word => word.Replace("{0}", _home.In("context"), StringComparison.Ordinal))];
        var theirs = BldHome.Run("buildah", ["--storage-driver", "vfs", "--root", _home.In("buildah"), "--runroot", _home.In("buildah-run"), .. arguments]);
        var ours = _home.Bld(arguments);
        Assert.Equal((125, 125), (theirs.Code, ours.Code));
        expected ??= theirs.Error.Split('\n').First(static line => line.StartsWith("Error: ", StringComparison.Ordinal))["Error: ".Length..];
        if (words.StartsWith("bud", StringComparison.Ordinal) || words.Contains("/nosuch", StringComparison.Ordinal) || words == "push nosuch")
        {
            // Buildah says first what it was doing.
            Assert.Contains(expected, theirs.Error, StringComparison.Ordinal);
            Assert.Contains(words == "push nosuch" ? "nosuch: image not known" : expected, ours.Error, StringComparison.Ordinal);
            return;
        }

        Assert.StartsWith($"Error: {expected}", ours.Error, StringComparison.Ordinal);
    }
}
