using System.Security.Cryptography;

namespace Bld.EndToEnd.Tests.Cases;

/// <summary>The store that all cases share, with the image <c>base</c>: busybox, a few users, and directories as distributions have them.</summary>
public sealed class CaseStore : IDisposable
{
    private readonly BldHome _home = new();
    private readonly CaseServer _server;

    public CaseStore()
    {
        _server = new CaseServer(_home.In("www"));
        Directory.CreateDirectory(_home.In("base"));
        File.Copy("/bin/busybox", _home.In("base/busybox"));
        _home.Write("base/Dockerfile", """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            COPY <<passwd <<group /etc/
            root:x:0:0::/root:/bin/sh
            daemon:x:1:1::/usr/sbin:/bin/false
            app:x:1000:1000::/home/app:/bin/sh
            passwd
            root:x:0:
            daemon:x:1:
            wheel:x:10:root,app
            app:x:1000:
            group
            RUN mkdir -m 700 /root && mkdir -p /tmp /var /home/app && chmod 1777 /tmp && chown app:app /home/app
            CMD ["sh"]
            """);
        _home.Succeed("bud", "-q", "--squash", "-t", "base", _home.In("base"));
    }

    public void Dispose()
    {
        _server.Dispose();
        _home.Dispose();
    }

    /// <summary>Runs a case from its first part to its last.</summary>
    internal void Run(BuildCase test)
    {
        var folder = _home.In($"case-{RandomNumberGenerator.GetHexString(8)}");
        Directory.CreateDirectory(folder);
        try
        {
            CaseBuild? build = null;
            foreach (var part in test.Parts)
            {
                if (part.Kind == "build")
                {
                    build = Build(folder, part, build);
                }
                else
                {
                    Prepare(folder, part);
                }
            }

            Assert.NotNull(build);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private CaseBuild Build(string folder, CasePart part, CaseBuild? before)
    {
        var flags = Fill(part.Argument, folder).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var context = flags.Contains("--no-context") ? [] : new[] { Path.Combine(folder, "context") };
        var outcome = _home.Bld(["bud", .. flags.Where(static flag => flag != "--no-context"), .. context]);
        var build = new CaseBuild(outcome, before, id => Export(folder, id));
        var expected = part.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (!expected.Any(static line => line.StartsWith("error ", StringComparison.Ordinal) || line.StartsWith("exit ", StringComparison.Ordinal)))
        {
            Assert.True(outcome.Code == 0, $"exit {outcome.Code}\n{outcome.Output}{outcome.Error}");
        }

        foreach (var line in expected)
        {
            try
            {
                Expectation.Check(build, Fill(line, folder));
            }
            catch (Exception exception) when (exception is not InvalidDataException)
            {
                Assert.Fail($"expected: {line}\n{exception.Message}\n--- stdout\n{outcome.Output}--- stderr\n{outcome.Error}");
            }
        }

        return build;
    }

    private BuiltImage Export(string folder, string id)
    {
        var target = Path.Combine(folder, id);
        if (!Directory.Exists(target))
        {
            _home.Succeed("push", "-q", id, $"dir:{target}");
        }

        return BuiltImage.Read(target);
    }

    private void Prepare(string folder, CasePart part)
    {
        var context = Path.Combine(folder, "context");
        Directory.CreateDirectory(context);
        var argument = Fill(part.Argument, folder);
        switch (part.Kind)
        {
            case "Dockerfile":
                File.WriteAllText(Path.Combine(context, "Dockerfile"), Fill(part.Body, folder));
                break;
            case "file":
                Write(Path.Combine(context, argument), Fill(part.Body, folder));
                break;
            case "dir":
                Directory.CreateDirectory(Path.Combine(context, argument));
                break;
            case "link":
                var ends = argument.Split(" -> ");
                File.CreateSymbolicLink(Path.Combine(context, ends[0]), ends[1]);
                break;
            case "delete":
                BldHome.Peer("rm", "-r", Path.Combine(context, argument));
                break;
            case "http":
                Write(Path.Combine(_home.In("www"), argument), part.Body);
                break;
            case "sh":
                BldHome.Peer("sh", "-ec", $"cd {context}\n{Fill(part.Body, folder)}");
                break;
            default:
                throw new InvalidDataException($"nobody knows the part \"{part.Kind}\"");
        }
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private string Fill(string text, string folder) => text
        .Replace("{{HTTP}}", _server.Address, StringComparison.Ordinal)
        .Replace("{{WWW}}", _home.In("www"), StringComparison.Ordinal)
        .Replace("{{CASE}}", folder, StringComparison.Ordinal);
}
