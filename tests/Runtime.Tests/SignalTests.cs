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
        // SIGCONT is the last that it takes.
        const string Script = """
            signal=$1; shift; mkfifo words; "$@" >words & read -r line <words; echo $line
            until [ $((0x$(awk '/^SigCgt/ { print $2 }' /proc/$!/status) >> 17 & 1)) = 1 ]; do sleep 0.05; done
            kill -$signal $!; wait $!; echo $?
            """;
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
}
