using System.Text;

namespace Bld.Registry.Tests;

/// <summary>Challenges, tokens and redirects; and that no credential goes where it doesn't belong.</summary>
public sealed class CredentialTests : IDisposable
{
    private const string Password = "s3cret-pa55word";
    private static readonly string Basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:" + Password));
    private readonly TestRegistry _registry = new();
    private readonly RegistryClient _client;
    private readonly Descriptor _blob;

    public CredentialTests()
    {
        (_blob, _) = _registry.AddBlob(1000);
        _client = _registry.Client(TestRegistry.Options with { Credentials = new Credentials("me", Password), StallTimeout = TimeSpan.FromSeconds(10) });
    }

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public async Task Basic_credentials_are_sent_when_they_are_asked_for()
    {
        _registry.Before = static request => request.Header("authorization") == Basic ? null : Challenge("Basic realm=\"here\"");

        await ReadAsync(_client);

        Assert.Null(_registry.Server.Requests.First().Header("authorization"));
    }

    [Fact]
    public async Task Wrong_credentials_are_told_with_what_to_do()
    {
        _registry.Before = static _ => Challenge("Basic realm=\"here\"");

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.Contains($"401 Reason (unauthorized: who are you); log in with \"bld login {_registry.Server.Host}\"", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Basic[6..], error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_token_serves_all_requests_of_its_scope()
    {
        using var tokens = new TestServer(static request => request.Header("authorization") == Basic
            ? TestReply.Text(200, """{"token":"good","expires_in":300}""") : TestReply.Empty(401));
        _registry.Before = request => request.Header("authorization") == "Bearer good"
            ? null : Challenge($"Bearer realm=\"http://{tokens.Host}/token\",service=\"the registry\"");

        await ReadAsync(_client);
        await ReadAsync(_client);

        Assert.Equal("/token?service=the%20registry&scope=repository%3Asome%2Fimage%3Apull", Assert.Single(tokens.Requests).Target);
    }

    [Fact]
    public async Task A_token_that_has_run_out_is_replaced()
    {
        var number = 0;
        using var tokens = new TestServer(_ => TestReply.Text(200, $$"""{"access_token":"t{{++number}}"}"""));
        _registry.Before = request => request.Header("authorization") == (request.Number <= 2 ? "Bearer t1" : "Bearer t2")
            ? null : Challenge($"Bearer realm=\"http://{tokens.Host}/token\"");

        await ReadAsync(_client);
        await ReadAsync(_client);

        Assert.Equal(2, number);
    }

    [Fact]
    public async Task An_identity_token_is_exchanged()
    {
        using var tokens = new TestServer(static _ => TestReply.Text(200, """{"access_token":"good"}"""));
        _registry.Before = request => request.Header("authorization") == "Bearer good" ? null : Challenge($"Bearer realm=\"http://{tokens.Host}/token\",service=\"s\"");
        using var client = _registry.Client(TestRegistry.Options with { Credentials = Credentials.OfIdentityToken("id-token") });

        await ReadAsync(client);

        var request = Assert.Single(tokens.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Contains("grant_type=refresh_token", Encoding.UTF8.GetString(request.Body), StringComparison.Ordinal);
        Assert.Contains("refresh_token=id-token", Encoding.UTF8.GetString(request.Body), StringComparison.Ordinal);
        Assert.DoesNotContain("id-token", request.Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_two_megabytes_is_refused()
    {
        using var tokens = new TestServer(static _ => TestReply.Text(200, "{\"token\":\"" + new string('x', 2 << 20) + "\"}"));
        _registry.Before = _ => Challenge($"Bearer realm=\"http://{tokens.Host}/token\"");

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.Equal($"the token of {tokens.Host} is larger than 1024 KiB; it is refused", error.Message);
    }

    [Fact]
    public async Task A_token_that_could_forge_headers_is_refused()
    {
        using var tokens = new TestServer(static _ => TestReply.Text(200, """{"token":"a\r\nX-Evil: b"}"""));
        _registry.Before = _ => Challenge($"Bearer realm=\"http://{tokens.Host}/token\"");

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.Equal($"{tokens.Host} gave no usable token for {_registry.Server.Host}", error.Message);
    }

    [Fact]
    public async Task A_refused_token_names_the_token_server()
    {
        using var tokens = new TestServer(static _ => TestReply.Empty(403));
        _registry.Before = _ => Challenge($"Bearer realm=\"http://{tokens.Host}/token\"");

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.Equal($"{tokens.Host} gave no token for {_registry.Server.Host}: 403 Reason; log in with \"bld login {_registry.Server.Host}\"", error.Message);
    }

    [Fact]
    public async Task Credentials_never_follow_a_redirect_to_another_host()
    {
        using var elsewhere = new TestServer(request => TestRegistry.Range(request, _registry.Blobs.Values.First()));
        _registry.Before = request => request.Header("authorization") == Basic
            ? TestReply.Empty(307) with { Headers = new() { ["Location"] = $"http://{elsewhere.Host}/blob?X-Signature=abc" } }
            : Challenge("Basic realm=\"here\"");

        await ReadAsync(_client);

        var request = Assert.Single(elsewhere.Requests);
        Assert.Null(request.Header("authorization"));
        Assert.Null(request.Header("cookie"));
    }

    [Theory]
    [InlineData("Bearer realm=\"http://HOST/steal\"")]
    [InlineData("Basic realm=\"here\"")]
    public async Task A_challenge_behind_a_redirect_gets_no_credentials(string challenge)
    {
        TestServer? elsewhere = null;
        using var server = elsewhere = new TestServer(_ => Challenge(challenge.Replace("HOST", elsewhere!.Host, StringComparison.Ordinal)));
        _registry.Before = _ => TestReply.Empty(307) with { Headers = new() { ["Location"] = $"http://{server.Host}/blob" } };

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.Equal(
            $"GET {server.Host}/blob: 401 Reason (unauthorized: who are you); {_registry.Server.Host} redirected there, and its credentials are for no other host", error.Message);
        Assert.Null(Assert.Single(server.Requests).Header("authorization"));
        Assert.Single(_registry.Server.Requests);
    }

    [Fact]
    public async Task A_failure_behind_a_redirect_does_not_show_the_signature()
    {
        using var elsewhere = new TestServer(static _ => TestReply.Empty(403));
        _registry.Before = _ => TestReply.Empty(307) with { Headers = new() { ["Location"] = $"http://{elsewhere.Host}/blob?X-Signature=abc" } };

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.StartsWith($"GET {elsewhere.Host}/blob: 403", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Signature", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circle_of_redirects_ends()
    {
        _registry.Before = static request => TestReply.Empty(302) with { Headers = new() { ["Location"] = request.Target + "x" } };

        var error = await Assert.ThrowsAsync<RegistryException>(() => ReadAsync(_client));

        Assert.StartsWith($"{_registry.Server.Host} redirects GET /v2/some/image/blobs/", error.Message, StringComparison.Ordinal);
        Assert.Equal(9, _registry.Server.Requests.Count);
    }

    private async Task ReadAsync(RegistryClient client)
    {
        await using var stream = await client.OpenBlobAsync(_blob, CancellationToken.None);
        await stream.CopyToAsync(Stream.Null);
    }

    private static TestReply Challenge(string challenge) =>
        TestReply.Text(401, """{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}""") with { Headers = new() { ["WWW-Authenticate"] = challenge } };
}
