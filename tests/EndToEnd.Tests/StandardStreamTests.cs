namespace Bld.EndToEnd.Tests;

/// <summary>What is printed is written plainly (docs/decisions/0054), and a stream that takes nothing is told.</summary>
public sealed class StandardStreamTests
{
    [Fact]
    public void To_print_a_word_starts_no_thread_but_the_runtimes_own()
    {
        var folder = Directory.CreateTempSubdirectory("bld-streams-");
        try
        {
            var trace = $"{folder.FullName}/trace";
            BldHome.Peer("strace", "-f", "-qq", "-e", "trace=clone,clone3,ioctl,openat", "-o", trace, BldHome.Executable, "version");
            var lines = File.ReadAllLines(trace);
            Assert.Single(lines, static line => line.Contains("CLONE_THREAD", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, static line => line.Contains("TCGETS", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, static line => line.Contains("/sys/devices/system/node", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_reader_that_went_away_has_read_enough()
    {
        var outcome = BldHome.Run("sh", "-c", "{ sleep 0.3; \"$1\" help; echo \"code $?\" >&2; } | true", "sh", BldHome.Executable);
        Assert.Equal("code 0\n", outcome.Error);
    }

    [Fact]
    public void A_full_disk_is_told()
    {
        var outcome = BldHome.Run("sh", "-c", "\"$1\" version >/dev/full", "sh", BldHome.Executable);
        Assert.Equal(125, outcome.Code);
        Assert.Equal("Error: write: no space left on device\n", outcome.Error);
    }

    [Fact]
    public void Streams_that_are_closed_lead_nowhere_and_into_no_file()
    {
        using var home = new BldHome().WithBusybox();
        home.Write("closed/Dockerfile", "FROM localhost/busybox\nRUN ls -l /proc/self/fd >/seen; echo out; echo error >&2\nCOPY Dockerfile /\n");
        var outcome = BldHome.Run(
            "sh", ["-c", "exec \"$@\" <&- >&- 2>&-", "sh", BldHome.Executable, .. home.Globals, "bud", "--network", "none", "-t", "closed", home.In("closed")]);
        Assert.Equal(0, outcome.Code);
        var container = home.Succeed("from", "localhost/closed");
        Assert.Contains("0 -> /dev/null", home.Succeed("run", container, "cat", "/seen"), StringComparison.Ordinal);
        Assert.Equal("", BldHome.Run("grep", "-rl", "STEP", home.Store).Output);
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    public void An_error_that_can_not_be_told_stays_the_error_that_it_is(string redirection) =>
        Assert.Equal(125, BldHome.Run("sh", "-c", $"\"$1\" nosuch {redirection}", "sh", BldHome.Executable).Code);
}
