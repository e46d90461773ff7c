using Bld.Builder.Engine.History;

namespace Bld.Builder.Tests.History;

/// <summary>Which step of an earlier build a step was, and which steps a build waited for.</summary>
public sealed class StepHistoryTests
{
    [Theory]
    [InlineData("FROM a|RUN x|RUN y", "FROM a|RUN x|RUN y", "1 2 3")]
    [InlineData("FROM a|RUN x|RUN y", "FROM a|COPY f|RUN x|RUN y", "1 - 2 3")]
    [InlineData("FROM a|COPY f|RUN x|RUN y", "FROM a|RUN x|RUN y", "1 3 4")]
    [InlineData("FROM a|RUN x|RUN y", "FROM a|RUN x2|RUN y", "1 2 3")]
    [InlineData("FROM a|RUN x|COPY f|RUN y", "FROM a|COPY f2|RUN x2|RUN y", "1 3 - 4")]
    [InlineData("FROM a|RUN x|RUN x", "FROM a|RUN x", "1 2")]
    [InlineData("", "FROM a", "-")]
    public void Steps_are_found_again_by_their_texts_then_by_keyword_between_those(string old, string now, string expected)
    {
        var aligned = StepAlignment.Of(
            [.. old.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(static (text, index) => Step(1, index + 1, text, 0, 1))],
            now.Split('|'));

        Assert.Equal(expected, string.Join(' ', aligned.Select(static step => step?.Number.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-")));
    }

    [Fact]
    public void The_critical_path_goes_back_over_the_stages_that_were_waited_for()
    {
        var record = new BuildRecord
        {
            Started = DateTimeOffset.UnixEpoch,
            Outcome = "succeeded",
            Dockerfile = "Dockerfile",
            Platform = "linux/amd64",
            Steps =
            [
                Step(1, 1, "FROM scratch AS base", 0, 1, "base"),
                Step(1, 2, "RUN quick", 1, 2, "base"),
                Step(2, 1, "FROM base AS slow", 0, 3, "slow"),
                Step(2, 2, "RUN slow", 3, 50, "slow"),
                Step(3, 1, "FROM base AS other", 0, 3, "other"),
                Step(3, 2, "RUN other", 3, 10, "other"),
                Step(4, 1, "FROM base", 0, 3, "3"),
                Step(4, 2, "COPY --from=slow /a /", 3, 51, "3"),
                Step(4, 3, "RUN --mount=type=bind,from=other,target=/x true", 54, 5, "3"),
            ],
        };

        Assert.Equal(
            ["RUN --mount=type=bind,from=other,target=/x true", "COPY --from=slow /a /", "RUN slow", "FROM base AS slow", "RUN quick", "FROM scratch AS base"],
            CriticalPath.Of(record).Select(static step => step.Text));
    }

    [Theory]
    [InlineData("100644 0:0 aaaa a\n100644 0:0 bbbb b c\n", "100644 0:0 aaaa a\n100644 0:0 cccc b c\n", "b c changed: bbbb → cccc")]
    [InlineData("100644 0:0 aaaa a\n", "100644 5:6 aaaa a\n", "a changed its owner: 0:0 → 5:6")]
    [InlineData("100644 0:0 aaaa a\n", "100755 0:0 aaaa a\n", "a changed its mode: 100644 → 100755")]
    [InlineData("100644 0:0 aaaa a\n", "", "a is gone")]
    public void The_notes_of_two_trees_tell_how_they_differ(string old, string now, string expected) =>
        Assert.Equal(expected, TreeDifference.Describe(System.Text.Encoding.UTF8.GetBytes(old), System.Text.Encoding.UTF8.GetBytes(now)));

    private static RecordedStep Step(int stage, int number, string text, double start, double took, string name = "0") =>
        new() { Stage = stage, StageName = name, Number = number, Text = text, Start = start, Milliseconds = took, Work = took, Outcome = "miss" };
}
