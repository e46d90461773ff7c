using System.Text;

using Bld.Builder.Cache;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;

namespace Bld.Builder.Tests.Progress;

/// <summary>What people see of a build on a terminal.</summary>
public sealed class ProgressTests
{
    [Theory]
    [InlineData("one\ntwo\nthr", "one|two|thr")]
    [InlineData("10%\r20%\r30%", "30%")]
    [InlineData("10%\r\nnext\r\n", "10%|next")]
    [InlineData("\u001b[31mred\u001b[0m\u001b]0;title\u0007!\n", "red!")]
    [InlineData("a\tb\u0007\n", "a    b")]
    [InlineData("\n\nlast\n\n", "last")]
    public void The_last_lines_of_a_command_are_those_that_a_terminal_would_show(string written, string expected)
    {
        var tail = new OutputTail();
        foreach (var value in Encoding.UTF8.GetBytes(written))
        {
            tail.Add([value]);
        }

        Assert.Equal(expected, string.Join('|', tail.Last(8)));
        Assert.Equal(written, Encoding.UTF8.GetString(tail.All.Span));
    }

    [Fact]
    public void Output_that_is_no_text_is_shown_as_far_as_it_can_be_and_kept_as_it_is()
    {
        var tail = new OutputTail();
        byte[] bytes = [0xFF, 0xFE, (byte)'x', 0xC3];
        tail.Add(bytes);

        Assert.Equal("\uFFFD\uFFFDx\uFFFD", tail.Last(1)[0]);
        Assert.Equal(bytes, tail.All.ToArray());
    }

    [Theory]
    [InlineData("short", 10, "short")]
    [InlineData("exactly ten", 10, "exactly t…")]
    [InlineData("日本語の文字", 7, "日本語…")]
    [InlineData("anything", 0, "")]
    public void A_text_is_cut_to_the_columns_that_there_are(string text, int columns, string expected)
    {
        Assert.Equal(expected, TerminalText.Fit(text, columns));
        Assert.True(TerminalText.Width(TerminalText.Fit(text, columns)) <= columns);
    }

    [Fact]
    public void Drawing_again_and_again_leaves_only_what_stays_even_when_the_terminal_is_resized()
    {
        using var screen = new TerminalScreen(80);
        var region = new LiveRegion(screen, () => (screen.Columns, 24));
        for (var i = 0; i < 50; i++)
        {
            List<StyledLine> staying = i % 10 == 0 ? [new StyledLine(LineStyle.Plain, $"step {i} is done")] : [];
            region.Draw(staying, (_, _) => [new StyledLine(LineStyle.Bold, $"frame {i}", "1.0s"), new StyledLine(LineStyle.Dim, new string('x', 200))]);
        }

        Assert.Equal(["step 0 is done", "step 10 is done", "step 20 is done", "step 30 is done", "step 40 is done"], screen.Rows.Take(5));
        Assert.Equal(8, screen.Rows.Count);
        region.Close();
        Assert.Equal(5, screen.Rows.Count(static row => row.Length > 0));
    }

    [Fact]
    public void Two_hundred_steps_fit_a_small_terminal_and_fold_what_was_cached()
    {
        var build = new RunningBuild(explains: false);
        build.Take(new BuildPlanned([new("0", [.. Enumerable.Repeat("RUN true", 200)])]));
        for (var i = 1; i <= 200; i++)
        {
            var step = new StepIdentity(1, 1, "0", i, 200, $"RUN step {i}");
            build.Take(new StepStarted(step));
            build.Take(new StepLookedUp(step, new CacheKey(""), new CacheKeyBuilder("run", null), i > 198 ? CacheOutcome.Unknown : CacheOutcome.Hit));
            if (i < 200)
            {
                build.Take(new StepFinished(step, Cached: i <= 198, "id", TimeSpan.FromSeconds(1)));
            }
        }

        Assert.Equal(["= 198 steps cached", "✓ [199/200] RUN step 199"], build.TakeStaying().Select(static line => line.Left));
        Thread.Sleep(200);
        build.Take(new StepOutput(new StepIdentity(1, 1, "0", 200, 200, "RUN step 200"), OutputStream.StandardOutput, "compiling\n"u8.ToArray()));
        var live = build.Live(40, 5);
        Assert.True(live.Count <= 5);
        Assert.Contains("199/200 steps, 198 cached", live[0].Left, StringComparison.Ordinal);
        Assert.Equal("▸ [200/200] RUN step 200", live[1].Left);
        Assert.Equal("  │ compiling", live[2].Left);
        Assert.All(live, static line => Assert.True(TerminalText.Width(Plain(line.Render(39))) <= 39));
    }

    [Fact]
    public void Steps_of_several_platforms_are_told_apart_and_only_the_index_ends_the_build()
    {
        var build = new RunningBuild(explains: false);
        var arm = new StepIdentity(1, 2, "build", 2, 5, "RUN make") { Platform = "linux/arm64" };
        var amd = arm with { Platform = "linux/amd64" };
        foreach (var step in new[] { arm, amd })
        {
            build.Take(new BuildPlanned([new("build", ["FROM base", "RUN make"])]) { Platform = step.Platform });
            build.Take(new StepStarted(step));
            build.Take(new StepLookedUp(step, new CacheKey(""), new CacheKeyBuilder("run", null), CacheOutcome.Unknown));
        }

        build.Take(new StepFinished(arm, Cached: false, "id", TimeSpan.FromSeconds(1)));
        Assert.Equal(["✓ [linux/arm64 build 2/5] RUN make"], build.TakeStaying().Select(static line => line.Left));
        build.Take(new ImageCommitted(new string('a', 64), []) { Platform = "linux/arm64" });
        Assert.Null(build.ImageId);
        Assert.Contains("1/4 steps", build.Live(80, 10)[0].Left, StringComparison.Ordinal);
        build.Take(new ImageCommitted(new string('b', 64), ["localhost/a:latest"]));
        Assert.Equal(new string('b', 64), build.ImageId);
        Assert.StartsWith("✓ linux/arm64 aaaaaaaaaaaa", build.TakeStaying()[0].Left, StringComparison.Ordinal);
    }

    [Fact]
    public void The_output_of_a_step_that_failed_is_shown_whole_at_the_end()
    {
        using var output = new MemoryStream();
        using var screen = new TerminalScreen(60);
        var lines = string.Concat(Enumerable.Range(1, 100).Select(static number => $"line {number}\n"));
        using (var progress = new TerminalProgress(output, screen, () => (60, 10), hidesResults: false, explains: false))
        {
            var step = new StepIdentity(1, 1, "0", 2, 2, "RUN make");
            progress.Report(new StepStarted(step));
            progress.Report(new StepOutput(step, OutputStream.StandardOutput, Encoding.UTF8.GetBytes(lines)));
            progress.Report(new StepFailed(step, "failed", 2));
        }

        Assert.Equal("✗ [2/2] RUN make", screen.Rows[0][..16]);
        Assert.Equal([.. Enumerable.Range(1, 100).Select(static number => $"line {number}")], screen.Rows.Skip(1).Where(static row => row.StartsWith("line", StringComparison.Ordinal)));
        Assert.Equal(0, output.Length);
    }

    [Fact]
    public void Bytes_have_three_digits_and_a_unit()
    {
        Assert.Equal(["0 B", "999 B", "1.0 kB", "12.3 MB", "123 MB", "1.0 GB"], new[] { 0, 999, 1000, 12_345_678, 123_456_789, 999_999_999 }.Select(static count => TransferBars.Bytes(count)));
    }

    [Fact]
    public void Groups_of_steps_that_run_side_by_side_never_lie_in_each_other()
    {
        using var output = new MemoryStream();
        var progress = new GroupedProgress(output, LogGroups.GitHub, hidesResults: false);
        var (one, two) = (new StepIdentity(1, 2, "a", 1, 1, "RUN one"), new StepIdentity(2, 2, "b", 1, 1, "RUN two"));
        progress.Report(new StepStarted(one));
        progress.Report(new StepStarted(two));
        progress.Report(new StepOutput(one, OutputStream.StandardOutput, "1a\n"u8.ToArray()));
        progress.Report(new StepOutput(two, OutputStream.StandardOutput, "2a\n"u8.ToArray()));
        progress.Report(new StepOutput(one, OutputStream.StandardOutput, "1b\n"u8.ToArray()));
        progress.Report(new StepFinished(two, Cached: false, "x", TimeSpan.FromSeconds(1)));
        progress.Report(new StepFinished(one, Cached: false, "y", TimeSpan.FromSeconds(2)));

        Assert.Equal(
            "::group::[1/2] STEP 1/1: RUN one\n1a\n1b\n::endgroup::\n[1/2] STEP 1/1: RUN one: done in 2.0s\n"
            + "::group::[2/2] STEP 1/1: RUN two\n2a\n::endgroup::\n[2/2] STEP 1/1: RUN two: done in 1.0s\n",
            Encoding.UTF8.GetString(output.ToArray()));
    }

    private static string Plain(string text) => TerminalText.Clean(text);
}
