using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Bld.EndToEnd.Tests;

/// <summary>Debian's docker-registry on a free port, with its data in the test's folder.</summary>
internal sealed class RegistryServer : IDisposable
{
    /// <summary>The bcrypt hash of <see cref="Password"/>.</summary>
    private const string Hash = "$2b$05$abcdefghijklmnopqrstuuykDbrHIkPBAe3TkMNzTPuBTmCT39jdG";
    internal const string User = "somebody";
    internal const string Password = "pa55-w0rd";

    private readonly Process _process;

    private RegistryServer(Process process, string host) => (_process, Host) = (process, host);

    /// <summary>Host and port.</summary>
    internal string Host { get; }

    internal static string Htpasswd(BldHome home) => $"auth: {{htpasswd: {{realm: test, path: {home.Write("registry/htpasswd", $"{User}:{Hash}\n")}}}}}\n";

    /// <summary>Starts one.</summary>
    /// <param name="home">Where its data lies.</param>
    /// <param name="auth">The <c>auth</c> part of its configuration.</param>
    /// <param name="tls">The <c>tls</c> part of its <c>http</c>.</param>
    internal static RegistryServer Start(BldHome home, string auth = "", string tls = "")
    {
        var host = $"127.0.0.1:{TestPorts.Next()}";
        var name = host.Split(':')[1];
        var file = home.Write($"registry/{name}.yml", $"""
            version: 0.1
            log: {"{"}level: error, accesslog: {"{"}disabled: true{"}"}{"}"}
            storage: {"{"}filesystem: {"{"}rootdirectory: {home.In($"registry/{name}")}{"}"}, delete: {"{"}enabled: true{"}"}{"}"}
            http: {"{"}addr: "{host}"{(tls.Length > 0 ? $", tls: {tls}" : "")}{"}"}
            {auth}
            """);
        var start = new ProcessStartInfo("docker-registry", ["serve", file]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Await(host);
        return new RegistryServer(process, host);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static void Await(string host)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", int.Parse(host.Split(':')[1], CultureInfo.InvariantCulture));
                return;
            }
            catch (SocketException) when (i < 200)
            {
                Thread.Sleep(50);
            }
        }
    }
}
