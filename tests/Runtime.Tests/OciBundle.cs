using System.Diagnostics;
using System.Text;

using Bld.Runtime.Oci;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>A bundle of busybox, a state root of its own, and bldrun.</summary>
internal sealed class OciBundle : IDisposable
{
    private readonly BusyboxRoot _root = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("bld-oci-");

    internal OciBundle(params string[] command)
    {
        Write(spec => spec with { Process = spec.Process! with { Args = command } });
    }

    internal string Path => _directory.FullName;

    internal string LogFile => $"{Path}/log";

    internal BusyboxRoot Root => _root;

    /// <summary>What the words of <see cref="Run(string[])"/> are given to: bldrun, as it is published beside bld.</summary>
    internal string[] Program { get; set; } = [$"{System.IO.Path.GetDirectoryName(Bld)}/bldrun"];

    internal static string Bld { get; } = Executable();

    /// <summary>Writes config.json: the template's, without a terminal and with this root, changed.</summary>
    internal void Write(Func<ContainerSpec, ContainerSpec> change)
    {
        var spec = SpecTemplate.Create(rootless: false);
        spec = spec with
        {
            Root = new RootSpec { Path = _root.Path },
            Process = spec.Process! with { Terminal = false, Args = ["true"], Env = ["PATH=/bin"] },
        };
        File.WriteAllBytes($"{Path}/config.json", change(spec).ToJson());
    }

    /// <summary>Runs bldrun with words separated by blanks; output and error in one.</summary>
    internal Result Run(string words) => Run(words.Split(' '));

    internal Result Run(params string[] words) => RunUnder([], words);

    /// <summary>The same, started by another program.</summary>
    internal Result RunUnder(string[] starter, params string[] words)
    {
        // To a file: a created container keeps the stream open.
        var output = $"{Path}/output-{Guid.NewGuid():N}";
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = Path };
        string[] all = ["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "sh", output, .. starter, .. Program, "--root", $"{Path}/state", "--log", LogFile, "--log-format", "json", .. words];
        foreach (var word in all)
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start)!;
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)), string.Join(' ', words));
        return new Result(process.ExitCode, File.ReadAllText(output, Encoding.UTF8));
    }

    /// <summary>Waits until a container's status is the wanted one.</summary>
    internal void WaitFor(string id, string status)
    {
        for (var i = 0; i < 500 && new StateRoot($"{Path}/state").TryFind(id)?.Status != status; i++)
        {
            Thread.Sleep(10);
        }

        Assert.Equal(status, new StateRoot($"{Path}/state").Find(id).Status);
    }

    public void Dispose()
    {
        foreach (var container in new StateRoot($"{Path}/state").List())
        {
            container.Delete(force: true, null);
        }

        _root.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string Executable()
    {
        if (Environment.GetEnvironmentVariable("BLD") is { Length: > 0 } path)
        {
            return System.IO.Path.GetFullPath(path);
        }

        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists($"{directory.FullName}/Builder.sln"))
        {
            directory = directory.Parent;
        }

        return $"{directory?.FullName}/out/bld";
    }
}
