namespace Bld.Dockerfile.Tests;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0, "0s")]
    [InlineData("5ns", 5, "5ns")]
    [InlineData("1.5us", 1_500, "1.5µs")]
    [InlineData("100ms", 100_000_000, "100ms")]
    [InlineData("3s", 3_000_000_000, "3s")]
    [InlineData("1m30s", 90_000_000_000, "1m30s")]
    [InlineData("1h30m", 5_400_000_000_000, "1h30m0s")]
    [InlineData("+2h", 7_200_000_000_000, "2h0m0s")]
    [InlineData("-1.5s", -1_500_000_000, "-1.5s")]
    [InlineData("1s1ms", 1_001_000_000, "1.001s")]
    public void Durations_are_read_and_shown(string text, long nanoseconds, string shown)
    {
        Assert.Equal(nanoseconds, GoDuration.Parse(text));
        Assert.Equal(shown, GoDuration.Format(nanoseconds));
        Assert.Equal(nanoseconds, GoDuration.Parse(shown));
    }

    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("s", "time: invalid duration \"s\"")]
    [InlineData("1", "time: missing unit in duration \"1\"")]
    [InlineData("1x", "time: unknown unit \"x\" in duration \"1x\"")]
    [InlineData("1.2.3s", "time: invalid duration \"1.2.3s\"")]
    [InlineData("99999999999h", "time: invalid duration \"99999999999h\"")]
    [InlineData("999999999999999999999999999999h", "time: invalid duration \"999999999999999999999999999999h\"")]
    public void What_is_no_duration_is_refused(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<DockerfileException>(() => GoDuration.Parse(text)).Message);
}
