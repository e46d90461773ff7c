using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Bld.EndToEnd.Tests;

/// <summary>Gives out the tokens that docker-registry wants (its token specification): JSON Web Tokens signed by a key of the test's own.</summary>
internal sealed class TokenServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly string _url = $"http://127.0.0.1:{TestPorts.Next()}/";

    internal TokenServer()
    {
        var request = new CertificateRequest("CN=tokens", _key, HashAlgorithmName.SHA256);
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _listener.Prefixes.Add(_url);
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>The scopes that were asked for.</summary>
    internal ConcurrentQueue<string> Scopes { get; } = [];

    internal string Auth(BldHome home) =>
        $"auth: {{token: {{realm: \"{_url}token\", service: test, issuer: test, rootcertbundle: {home.Write("registry/tokens.pem", _certificate.ExportCertificatePem())}}}}}\n";

    public void Dispose()
    {
        _listener.Close();
        _certificate.Dispose();
        _key.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The test is over, or a client has gone before its answer was written: a refused push ends that way. The next one is served.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RegistryServer.User}:{RegistryServer.Password}"));
        var scopes = context.Request.QueryString.GetValues("scope") ?? [];
        Array.ForEach(scopes, Scopes.Enqueue);
        var known = context.Request.Headers["Authorization"] == expected;
        var body = Encoding.UTF8.GetBytes(known ? $$"""{"token":"{{Token(scopes)}}"}""" : "{}");
        context.Response.StatusCode = known ? 200 : 401;
        context.Response.ContentLength64 = body.Length;
        context.Response.KeepAlive = false;
        await using var output = context.Response.OutputStream;
        await output.WriteAsync(body);
    }

    private string Token(string[] scopes)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = new JsonObject { ["alg"] = "ES256", ["typ"] = "JWT", ["x5c"] = new JsonArray(Convert.ToBase64String(_certificate.RawData)) };
        var access = scopes.Select(static scope => scope.Split(':')).Select(static parts => (JsonNode)new JsonObject
        {
            ["type"] = parts[0],
            ["name"] = string.Join(':', parts[1..^1]),
            ["actions"] = new JsonArray([.. parts[^1].Split(',').Select(static action => (JsonNode)action)]),
        });
        var claims = new JsonObject
        {
            ["iss"] = "test",
            ["sub"] = RegistryServer.User,
            ["aud"] = "test",
            ["exp"] = now + 300,
            ["nbf"] = now - 10,
            ["iat"] = now,
            ["jti"] = "1",
            ["access"] = new JsonArray([.. access]),
        };
        var text = $"{Encode(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{text}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}";
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
