using System.Diagnostics;

namespace Bld.EndToEnd.Tests;

/// <summary>The type tables that .NET lays out at each start lie in huge pages (docs/decisions/0052).</summary>
public sealed class HugePageTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Bld_asks_for_them_before_the_runtime_is_there()
    {
        var start = new ProcessStartInfo(BldHome.Executable) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true };
        foreach (var word in (string[])[.. _home.Globals, "bud", "-f", "-", _home.Folder])
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start)!;
        try
        {
            // It waits for its Dockerfile. "hg" stands there (proc_pid_smaps(5)) whether or not this host gives any.
            var advised = 0;
            for (var i = 0; i < 500 && advised == 0; i++)
            {
                Thread.Sleep(10);
                advised = File.ReadLines($"/proc/{process.Id}/smaps").Count(static line => line.StartsWith("VmFlags:", StringComparison.Ordinal) && line.Contains(" hg", StringComparison.Ordinal));
            }

            Assert.InRange(advised, 1, 3);
        }
        finally
        {
            process.StandardInput.Close();
            process.WaitForExit();
        }
    }
}
