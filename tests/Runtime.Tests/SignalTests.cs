using Bld.Runtime.Linux;

namespace Bld.Runtime.Tests;

/// <summary>Signals to bldrun are for the container's process (docs/decisions/0054).</summary>
[Collection("alone")]
public sealed class SignalTests : IDisposable
{
    private readonly OciBundle _bundle = new("sh", "-c", "trap 'exit 41' HUP INT QUIT USR1 USR2 TERM; echo ready; while :; do sleep 0.05; done");

    public void Dispose() => _bundle.Dispose();

    [Theory]
    [InlineData("HUP")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("TERM")]
    public void Each_goes_on(string signal)
    {
        const string Script = "signal=$1; shift; mkfifo words; \"$@\" >words & read -r line <words; echo $line; sleep 0.2; kill -$signal $!; wait $!; echo $?";
        Assert.Equal(new Result(0, "ready\n41\n"), _bundle.RunUnder(["sh", "-c", Script, "sh", signal], "run", "one"));
    }

    [Fact]
    public void No_thread_waits_for_them_and_an_init_is_made_in_its_parents_memory()
    {
        _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["true"] } });
        var trace = $"{_bundle.Path}/trace";
        Assert.Equal(new Result(0, ""), _bundle.RunUnder(["strace", "-f", "-qq", "-e", "trace=clone,clone3", "-o", trace], "run", "one"));
        var lines = File.ReadAllLines(trace);

        // The runtime's own, in bldrun and in init.
        Assert.Equal(2, lines.Count(static line => line.Contains("CLONE_THREAD", StringComparison.Ordinal)));
        Assert.Single(lines, static line => line.Contains("CLONE_VM|CLONE_VFORK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_written_waits_for_a_pipe_that_does_not_block_and_is_full()
    {
        const int SetStatusFlags = 4;
        const int NonBlocking = 0x800;
        var content = new byte[1 << 20];
        Random.Shared.NextBytes(content);
        var (reader, writer) = PipeCalls.Create();
        using (reader)
        {
            Assert.Equal(0, Libc.fcntl(writer, SetStatusFlags, NonBlocking));
            var writing = Task.Run(() =>
            {
                using (writer)
                {
                    FileCalls.WriteAll(writer, content);
                }
            });
            await Task.Delay(100);
            var read = new List<byte>();
            var buffer = new byte[1 << 16];
            int count;
            while ((count = FileCalls.Read(reader, buffer)) > 0)
            {
                read.AddRange(buffer.AsSpan(0, count));
            }

            await writing;
            Assert.Equal(content, read);
        }
    }
}
