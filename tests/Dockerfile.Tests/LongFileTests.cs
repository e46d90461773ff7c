using System.Diagnostics;
using System.Text;

namespace Bld.Dockerfile.Tests;

public sealed class LongFileTests
{
    [Fact]
    public void Memory_grows_with_the_file_and_not_faster()
    {
        Allocated(100);
        var small = Allocated(1_000);
        var large = Allocated(10_000);
        Assert.True(large < small * 12, $"{small} bytes for 1,000 lines, {large} for 10,000");
    }

    [Fact]
    public void Time_grows_with_the_file_and_not_faster()
    {
        // Ten times the lines; quadratic work would take a hundred times as long.
        Fastest(500);
        var small = Fastest(2_000);
        var large = Fastest(20_000);
        Assert.True(large < small * 40, $"{small} for 2,000 lines, {large} for 20,000");
    }

    [Fact]
    public void One_instruction_of_many_lines_is_no_harder_than_many_of_one()
    {
        var text = new StringBuilder("FROM scratch\nRUN true");
        for (var i = 0; i < 20_000; i++)
        {
            text.Append(" \\\n && x");
        }

        var run = DockerfileParser.Parse(text.ToString()).Stages[0].Instructions[0];
        Assert.Equal(20_002, run.Span.EndLine);
    }

    [Fact]
    public void A_line_may_be_longer_than_other_builders_allow()
    {
        var word = new string('a', 1_000_000);
        var user = Assert.IsType<UserInstruction>(DockerfileParser.Parse($"FROM scratch\nUSER {word}\n").Stages[0].Instructions[0]);
        Assert.Equal(word, user.User);
    }

    private static TimeSpan Fastest(int lines)
    {
        var text = LongFile(lines);
        return Enumerable.Range(0, 5).Min(_ =>
        {
            var started = Stopwatch.GetTimestamp();
            DockerfileParser.Parse(text);
            return Stopwatch.GetElapsedTime(started);
        });
    }

    private static string LongFile(int lines) =>
        "FROM scratch\n" + string.Concat(Enumerable.Repeat("COPY --chown=1:2 a b c /d/\n", lines));

    private static long Allocated(int lines)
    {
        var text = LongFile(lines);
        var before = GC.GetAllocatedBytesForCurrentThread();
        DockerfileParser.Parse(text);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
