using System.Net;

namespace Bld.EndToEnd.Tests;

/// <summary>What a build surely needs from elsewhere is asked for at its beginning, all at once; what it doesn't need, never.</summary>
public sealed class AheadTests : IDisposable
{
    private readonly BldHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Files_of_later_stages_and_behind_variables_are_fetched_side_by_side()
    {
        using var server = new PatientServer("/one", "/tool-1.2", "/two");
        _home.Write("context/Dockerfile", $"""
            FROM scratch AS unneeded
            ADD http://{server.Host}/unneeded /
            FROM scratch AS first
            ARG VERSION=1.2
            ADD http://{server.Host}/one /one
            ENV VERSION=$VERSION
            ADD http://{server.Host}/tool-$VERSION /tool
            FROM first
            ADD http://{server.Host}/two /two
            """);
        _home.Succeed("bud", "-q", _home.In("context"));

        Assert.Equal(["/one", "/tool-1.2", "/two"], server.Asked.Order(StringComparer.Ordinal));
        Assert.True(server.MetAll, "not all were asked for before the first was answered");
    }

    [Fact]
    public void Images_and_repositories_are_asked_for_with_the_files()
    {
        using var server = new PatientServer("/file", "/v2/", "/source.git/info/refs");
        _home.Write("context/Dockerfile", $"""
            FROM scratch
            ADD http://{server.Host}/file /file
            ADD http://{server.Host}/source.git /source
            COPY --from={server.Host}/image:1 / /image
            """);
        var outcome = _home.Bld("bud", "-q", "--retry", "0", _home.In("context"));

        Assert.Equal(125, outcome.Code);
        Assert.True(server.MetAll, $"asked for {string.Join(' ', server.Asked)}");
    }

    [Fact]
    public void An_init_that_waits_ends_with_the_build_that_another_stage_fails()
    {
        using var home = new BldHome().WithBusybox();
        home.Write("context/Dockerfile", """
            FROM localhost/busybox AS first
            RUN --mount=type=secret,id=missing,required=true true
            FROM localhost/busybox AS second
            RUN true
            FROM second
            COPY --from=first /bin/busybox /
            """);

        // One in five hung, for the stages meet in the right moment only now and then.
        for (var i = 0; i < 40; i++)
        {
            var outcome = BldHome.Run("timeout", ["-s", "KILL", "20", BldHome.Executable, .. home.Globals, "bud", "--no-cache", "--network", "host", home.In("context")]);
            Assert.Equal(125, outcome.Code);
            Assert.Contains("secret missing: not found", outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_of_known_checksum_is_not_fetched_when_its_step_is_known()
    {
        using var server = new PatientServer("/file");
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("content of /file"u8));
        _home.Write("context/Dockerfile", $"FROM scratch\nADD --checksum=sha256:{digest} http://{server.Host}/file /file\n");
        _home.Succeed("bud", "-q", _home.In("context"));
        _home.Succeed("bud", "-q", _home.In("context"));
        Assert.Single(server.Asked);
    }

    /// <summary>Answers nobody before it was asked for everything that it expects.</summary>
    private sealed class PatientServer : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly HashSet<string> _expected;
        private readonly ManualResetEventSlim _met = new();
        private readonly List<string> _asked = [];

        internal PatientServer(params string[] expected)
        {
            _expected = [.. expected];
            Host = $"127.0.0.1:{TestPorts.Next()}";
            _listener.Prefixes.Add($"http://{Host}/");
            _listener.Start();
            new Thread(Serve) { IsBackground = true }.Start();
        }

        internal string Host { get; }

        internal bool MetAll => _met.IsSet;

        internal IReadOnlyList<string> Asked
        {
            get
            {
                lock (_asked)
                {
                    return [.. _asked.Distinct()];
                }
            }
        }

        public void Dispose()
        {
            _listener.Stop();
            _met.Dispose();
        }

        private void Serve()
        {
            try
            {
                while (true)
                {
                    var context = _listener.GetContext();
                    var path = context.Request.Url!.AbsolutePath;
                    lock (_asked)
                    {
                        _asked.Add(path);
                        if (_expected.All(wanted => _asked.Exists(each => each.StartsWith(wanted, StringComparison.Ordinal))))
                        {
                            _met.Set();
                        }
                    }

                    new Thread(() => Answer(context, path)) { IsBackground = true }.Start();
                }
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // It was stopped.
            }
        }

        private void Answer(HttpListenerContext context, string path)
        {
            var isFile = _met.Wait(TimeSpan.FromSeconds(30)) && path.LastIndexOf('/') == 0;
            context.Response.StatusCode = isFile ? 200 : 404;
            if (isFile)
            {
                context.Response.OutputStream.Write(System.Text.Encoding.UTF8.GetBytes($"content of {path}"));
            }

            context.Response.Close();
        }
    }
}
