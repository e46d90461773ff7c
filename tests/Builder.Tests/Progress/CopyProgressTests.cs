using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Progress;

/// <summary>What people see of a copy that takes long.</summary>
public sealed class CopyProgressTests
{
    [Fact]
    public void A_long_copy_tells_what_it_has_written_and_a_short_one_nothing()
    {
        using var place = new TemporaryPlace();
        using var directory = FileCalls.Open(place.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        Directory.CreateDirectory(Path.Combine(place.Path, "d"));
        File.WriteAllBytes(Path.Combine(place.Path, "d/f"), new byte[3_000_000]);
        var step = new StepIdentity(1, 1, "0", 2, 2, "COPY d /");
        var observer = new Listener();
        using (new CopyProgress(observer, step, directory, 0))
        {
        }

        Assert.Empty(observer.Heard);
        using (new CopyProgress(observer, step, directory, 1_000_000))
        {
            Assert.True(observer.Told.Wait(TimeSpan.FromMinutes(1)));
        }

        var first = observer.Heard[0];
        Assert.True(first is { IsCopy: true, IsFinished: false, Id: "[2/2]", Done: 1_000_000, Total: 1_000_000 }, $"{first}: no more than the whole");
        Assert.True(observer.Heard[^1].IsFinished);
    }

    [Fact]
    public void A_copy_has_a_line_with_bytes_and_rate_until_it_is_done()
    {
        var bars = new TransferBars();
        var copy = new Transfer("[2/2]", IsPush: false, 500_000_000, 0, IsFinished: false)
        {
            IsCopy = true,
            Began = System.Diagnostics.Stopwatch.GetTimestamp() - (2 * System.Diagnostics.Stopwatch.Frequency),
        };
        Assert.Null(bars.Take(copy));
        var line = Assert.Single(bars.Lines(80));
        Assert.Equal("▸ copy [2/2]", line.Left);
        Assert.Matches("^500 MB  2[0-9.]+ MB/s$", line.Right);
        Assert.Null(bars.Take(copy with { Total = 1_000_000_000 }));
        line = Assert.Single(bars.Lines(80));
        Assert.Matches("^▸ copy \\[2/2\\] [^ ]+ *$", line.Left);
        Assert.StartsWith("500 MB / 1.0 GB", line.Right, StringComparison.Ordinal);
        Assert.Null(bars.Take(copy with { Done = 0, IsFinished = true }));
        Assert.Empty(bars.Lines(80));
    }

    private sealed class Listener : IBuildObserver
    {
        internal List<Transfer> Heard { get; } = [];

        internal ManualResetEventSlim Told { get; } = new();

        public void Report(BuildEvent happened)
        {
            Heard.Add(((TransferMoved)happened).Transfer);
            Told.Set();
        }
    }
}
