using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Bld.EndToEnd.Tests;

/// <summary>Twenty workers on one store, and somebody who kills them: nothing that was promised is lost, and nothing is left behind.</summary>
public sealed class StressTests : IDisposable
{
    private const int Workers = 20;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenKills = TimeSpan.FromMilliseconds(100);
    private readonly BldHome _home = new BldHome().WithBusybox();
    private readonly ConcurrentDictionary<Process, bool> _running = [];
    private readonly ConcurrentDictionary<string, string> _promised = [];
    private readonly ConcurrentQueue<string> _untrue = [];
    private int _commits;
    private int _kills;

    public void Dispose()
    {
        _home.Bld("umount", "-a");
        _home.Dispose();
    }

    [Fact]
    public async Task Work_goes_on_while_processes_are_killed_at_random()
    {
        using var end = new CancellationTokenSource(Duration);
        var workers = Enumerable.Range(0, Workers).Select(number => Task.Factory.StartNew(() => Work(number, end.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await KillAsync(end.Token);
        await Task.WhenAll(workers);

        Assert.True(_untrue.IsEmpty, string.Join('\n', _untrue));
        Assert.True(_commits > 0, "nobody committed anything");
        Assert.True(_kills > 0, "nobody was killed");
        var images = _home.Succeed("images", "--no-trunc", "-n");
        foreach (var (name, id) in _promised)
        {
            Assert.Contains(id, images, StringComparison.Ordinal);
            Assert.Contains($"localhost/{name}", images, StringComparison.Ordinal);
        }

        // Every image is whole.
        foreach (var name in _promised.Keys.Take(10))
        {
            Assert.Contains("worked", _home.Files(name), StringComparison.Ordinal);
        }

        _home.Succeed("rm", "-a");
        Assert.Equal("null", _home.Succeed("containers", "--json"));
        Assert.Equal("by-name", string.Join(' ', Directory.EnumerateFileSystemEntries($"{_home.Store}/containers").Select(Path.GetFileName)));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{_home.Store}/tmp"));
        Assert.DoesNotContain(_home.Store, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
    }

    private void Work(int number, CancellationToken end)
    {
        for (var round = 0; !end.IsCancellationRequested; round++)
        {
            var name = $"w{number}-{round}";
            _ = Do("from", "--name", name, "busybox") is not null
                && Do("run", "--network", "none", name, "sh", "-c", $"echo {name} > /worked") is not null
                && Do("copy", "-q", name, "/etc/hostname", "/copied") is not null
                && Do("config", "--label", $"name={name}", name) is not null
                && (round % 3 != 0 || Do("mount", name) is not null)
                && Commit(name)
                && Do("containers") is not null
                && Do("images") is not null
                && Do("rm", name) is not null
                && (round % 4 != 3 || Remove(name));
        }
    }

    private bool Commit(string name)
    {
        if (Do("commit", "-q", name, name) is not { } id)
        {
            return false;
        }

        Interlocked.Increment(ref _commits);
        _promised[name] = id.Trim();
        return true;
    }

    private bool Remove(string name)
    {
        _promised.TryRemove(name, out _);
        return Do("rmi", name) is not null;
    }

    /// <summary>Runs a command: what it printed, or null when it was killed. Any other failure is an untrue error.</summary>
    private string? Do(params string[] arguments)
    {
        using var process = _home.Start(arguments);
        _running[process] = true;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        _running.TryRemove(process, out _);
        const int Killed = 128 + 9;
        if (process.ExitCode == 0)
        {
            return output;
        }

        if (process.ExitCode != Killed)
        {
            _untrue.Enqueue($"{string.Join(' ', arguments)}: exit {process.ExitCode}: {error.GetAwaiter().GetResult()}");
        }

        return null;
    }

    private async Task KillAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(BetweenKills, CancellationToken.None);
            var running = _running.Keys.ToArray();
            if (running.Length == 0)
            {
                continue;
            }

            try
            {
                running[RandomNumberGenerator.GetInt32(running.Length)].Kill();
                Interlocked.Increment(ref _kills);
            }
            catch (InvalidOperationException)
            {
                // It has ended, and its worker has let it go.
            }
        }
    }
}
