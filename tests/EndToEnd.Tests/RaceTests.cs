using System.Diagnostics;

namespace Bld.EndToEnd.Tests;

/// <summary>
/// A context that changes while it is copied: names that are a file or a directory at one moment are a link out of the context at the
/// next. Whatever the copier meets, nothing from outside may ever be in the image.
/// </summary>
public sealed class RaceTests : IDisposable
{
    private const string Secret = "must-stay-outside";
    private const int Names = 40;
    private const int Builds = 12;
    private readonly BldHome _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("COPY d /d")]
    [InlineData("COPY d/*/f /d/")]
    [InlineData("COPY --parents d/**/f /d/")]
    [InlineData("ADD --exclude=none d /d")]
    [InlineData("COPY d/n0/f d/n1/f d/n2 /d/")]
    public void Names_that_become_links_while_they_are_copied_lead_nowhere(string instruction)
    {
        Directory.CreateDirectory(_home.In("outside/n"));
        File.WriteAllText(_home.In("outside/f"), Secret);
        File.WriteAllText(_home.In("outside/n/f"), Secret);
        Directory.CreateDirectory(_home.In("context/d"));
        File.WriteAllText(_home.In("context/Dockerfile"), $"FROM scratch\n{instruction}\n");
        using var swapper = Swapper();
        try
        {
            var built = 0;
            // Now and then every build meets a name that is gone; then it is tried for longer.
            for (var i = 0; i < Builds || (built == 0 && i < Builds * 20); i++)
            {
                var target = _home.In($"out{i}");
                var outcome = _home.Bld("bud", "--no-cache", "-q", "--output", target, _home.In("context"));
                // A name that is gone at the wrong moment is an error; a file of the host never is the answer.
                built += outcome.Code == 0 ? 1 : 0;
                if (Directory.Exists(target))
                {
                    Assert.Equal("", BldHome.Peer("sh", "-c", $"grep -rl {Secret} {target} || true").Trim());
                }

                Assert.DoesNotContain(Secret, outcome.Output + outcome.Error, StringComparison.Ordinal);
            }

            Assert.False(swapper.HasExited, "the program that swaps names ended early");
            Assert.True(built > 0, "no build came to its end, so nothing was tried");
        }
        finally
        {
            swapper.Kill();
            swapper.WaitForExit();
        }
    }

    /// <summary>Swaps names in a tight loop by renames: each is a directory with a file, a link out, a directory with a link out, in turn.</summary>
    private Process Swapper()
    {
        var script = $$"""
            import os, itertools
            d, out, spare = '{{_home.In("context/d")}}', '{{_home.In("outside")}}', '{{_home.In("spare")}}'
            names = [f'{d}/n{i}' for i in range({{Names}})]
            for n in names + [spare + '/dir']:
                os.makedirs(n)
            for n in names:
                open(n + '/f', 'w').write('inside')
            os.symlink(out + '/f', spare + '/dir/f')
            os.symlink('../../outside', spare + '/link')
            print('ready', flush=True)
            for n in itertools.cycle(names):
                for other in ('link', 'dir'):
                    os.rename(n, spare + '/old')
                    os.rename(f'{spare}/{other}', n)
                    os.rename(n, f'{spare}/{other}')
                    os.rename(spare + '/old', n)
                os.symlink(out + '/f', spare + '/file')
                os.rename(spare + '/file', n + '/f')
                open(spare + '/file', 'w').write('inside')
                os.rename(spare + '/file', n + '/f')
            """;
        File.WriteAllText(_home.In("swap.py"), script);
        var process = Process.Start(new ProcessStartInfo("python3", [_home.In("swap.py")]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return process;
    }
}
