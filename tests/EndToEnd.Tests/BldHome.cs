using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Bld.EndToEnd.Tests;

/// <summary>What a command left: its exit code and what it wrote.</summary>
internal sealed record Outcome(int Code, string Output, string Error);

/// <summary>
/// A store of its own for one test, driven by the published executable: what ships is what is tested. Everything goes when the
/// test ends.
/// </summary>
internal sealed class BldHome : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    internal BldHome()
    {
        // Lower case, because podman makes an image's name of a layout's path; short, because it limits its --runroot.
        Folder = Path.Combine(Path.GetTempPath(), $"bld-e2e-{RandomNumberGenerator.GetHexString(10, lowercase: true)}");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The test's folder; the store is <c>store</c> in it.</summary>
    internal string Folder { get; }

    internal string Store => In("store");

    internal static string Root { get; } = FindRoot();

    /// <summary>The executable under test.</summary>
    internal static string Executable { get; } = Environment.GetEnvironmentVariable("BLD") is { Length: > 0 } named ? named : Path.Combine(Root, "out/bld");

    /// <summary>The runtime for other engines, which is published beside it.</summary>
    internal static string RuntimeExecutable => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Executable))!, "bldrun");

    internal string In(string path) => Path.Combine(Folder, path);

    /// <summary>Writes a file in the test's folder, with its directories.</summary>
    internal string Write(string path, string content)
    {
        var full = In(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return full;
    }

    /// <summary>Makes <c>localhost/busybox</c>: one static file and its links.</summary>
    internal BldHome WithBusybox()
    {
        // Built once; every other test starts with a copy of that store, which is what a store allows.
        Peer("cp", "-a", Template.Value, Store);
        return this;
    }

    private static readonly Lazy<string> Template = new(static () =>
    {
        var home = new BldHome().MakeBusybox();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => home.Dispose();
        return home.Store;
    });

    private BldHome MakeBusybox()
    {
        Directory.CreateDirectory(In("busybox"));
        File.Copy("/bin/busybox", In("busybox/busybox"), overwrite: true);
        Write("busybox/Dockerfile", """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            RUN mkdir -p /etc /tmp /root && echo root:x:0:0:root:/root:/bin/sh > /etc/passwd && echo root:x:0: > /etc/group && chmod 1777 /tmp
            ENV PATH=/bin
            CMD ["sh"]
            """);
        Succeed("bud", "-q", "-t", "localhost/busybox", In("busybox"));
        return this;
    }

    /// <summary>Runs <c>bld</c> on this store.</summary>
    internal Outcome Bld(params string[] arguments) => Run(Executable, [.. Globals, .. arguments]);

    /// <summary>Runs <c>bld</c> on this store and gives what it printed.</summary>
    internal string Succeed(params string[] arguments)
    {
        var outcome = Bld(arguments);
        Assert.True(outcome.Code == 0, $"bld {string.Join(' ', arguments)}: exit {outcome.Code}\n{outcome.Output}{outcome.Error}");
        return outcome.Output.Trim();
    }

    /// <summary>Builds a Dockerfile that is given as text, in a context of its own, and gives the image's id.</summary>
    internal string Build(string dockerfile, params string[] flags)
    {
        Write("context/Dockerfile", dockerfile);
        return Succeed(["bud", "-q", .. flags, In("context")]);
    }

    /// <summary>The global flags for this store.</summary>
    internal string[] Globals => ["--root", Store, "--runroot", In("run")];

    /// <summary>Starts <c>bld</c> and doesn't wait for it.</summary>
    internal Process Start(params string[] arguments) => StartProcess(Executable, [.. Globals, .. arguments]);

    /// <summary>Runs a program to its end.</summary>
    internal static Outcome Run(string program, params string[] arguments)
    {
        using var process = StartProcess(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }

        return new Outcome(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Runs a peer that has to succeed, and gives what it printed.</summary>
    internal static string Peer(string program, params string[] arguments)
    {
        var outcome = Run(program, arguments);
        Assert.True(outcome.Code == 0, $"{program} {string.Join(' ', arguments)}: exit {outcome.Code}\n{outcome.Output}{outcome.Error}");
        return outcome.Output.Trim();
    }

    public void Dispose()
    {
        // Not .NET's: it can't name what isn't UTF-8. A failed test may leave files that only their mode protects; root doesn't mind.
        Peer("rm", "-r", Folder);
    }

    internal static Process StartProcess(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        // Where the tests run must not show in what is tested: builds fold their logs on these services.
        start.Environment.Remove("GITHUB_ACTIONS");
        start.Environment.Remove("GITLAB_CI");
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Builder.sln")))
        {
            folder = Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new DirectoryNotFoundException("no Builder.sln above the tests");
        }

        return folder;
    }
}
