using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Context;

/// <summary>A file that came over http.</summary>
/// <param name="Path">Where it lies now, mode 0600, its time that of <c>Last-Modified</c> or else 1970.</param>
/// <param name="Digest">Its digest, by SHA-256 or by what was asked for, as <c>algorithm:hex</c>.</param>
/// <param name="LastModified">What the server says; null when it says nothing.</param>
internal sealed record DownloadedFile(string Path, string Digest, DateTimeOffset? LastModified);

/// <summary>Fetches URLs: redirects are followed, proxies of the environment used, a connection that fails is tried again.</summary>
internal static class Download
{
    private const string Unnamed = "__unnamed__";

    /// <summary>The name of the file that a URL means: the last part of its path.</summary>
    public static string NameOf(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            return Unnamed;
        }

        var path = Uri.UnescapeDataString(uri.AbsolutePath).TrimEnd('/');
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name is "" or "." or ".." || name.Contains('\0') ? Unnamed : name;
    }

    /// <summary>Fetches a URL into a directory.</summary>
    /// <param name="url">What to fetch; a user and password in it are sent as basic authorization.</param>
    /// <param name="directory">Where the file is put, under its own name.</param>
    /// <param name="checksum">What it has to be; null for anything.</param>
    /// <param name="authorization">Value of the Authorization header, which goes to the URL's own host only.</param>
    /// <param name="options">Which certificates are good, and how often it is tried again.</param>
    /// <param name="cancellation">Stops between two reads.</param>
    /// <exception cref="BuildException">It can't be had, or is another file.</exception>
    public static DownloadedFile Fetch(
        string url, string directory, SourceChecksum? checksum, string? authorization, RegistryOptions options, CancellationToken cancellation)
    {
        var shown = GitReference.WithoutCredentials(url);
        using var tls = new TlsPolicy(options);
        using var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(30),
            AutomaticDecompression = DecompressionMethods.None,
            SslOptions = tls.ToClientOptions(),
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var file = Fetch(client, url, directory, checksum?.Algorithm ?? HashAlgorithmName.SHA256, authorization, cancellation);
                return checksum is null || file.Digest == checksum.Text
                    ? file
                    : throw new BuildException($"digest mismatch {file.Digest}: {shown} is not the file with the checksum {checksum.Text}");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
            {
                if (attempt >= options.Retries || !IsPassing(exception))
                {
                    var why = tls.Complaint ?? exception.Message;
                    throw new BuildException($"cannot fetch {shown}: {why}", exception);
                }

                var pause = options.PauseBefore(attempt);
                options.Tell($"GET {shown}: {exception.Message}", attempt, TimeSpan.Zero, pause);
                cancellation.WaitHandle.WaitOne(pause);
            }
        }
    }

    // A connection that breaks within the body is an IOException, or an HttpRequestException around one.
    private static bool IsPassing(Exception exception) =>
        exception is IOException || PassingFailure.Is((exception as HttpRequestException)?.StatusCode) || PassingFailure.Is(exception);

    private static DownloadedFile Fetch(
        HttpClient client, string url, string directory, HashAlgorithmName algorithm, string? authorization, CancellationToken cancellation)
    {
        var uri = new Uri(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(uri) { UserName = "", Password = "" }.Uri);
        request.Headers.UserAgent.ParseAdd("bld");
        if ((authorization ?? Basic(uri)) is { } value)
        {
            request.Headers.TryAddWithoutValidation("Authorization", value);
        }

        using var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"invalid response status {(int)response.StatusCode} {response.ReasonPhrase}", null, response.StatusCode);
        }

        var path = $"{directory}/{NameOf(url)}";
        var digest = Write(response, path, algorithm, cancellation);
        var modified = response.Content.Headers.LastModified;
        File.SetLastWriteTimeUtc(path, (modified ?? DateTimeOffset.UnixEpoch).UtcDateTime);
        return new DownloadedFile(path, digest, modified);
    }

    private static string Write(HttpResponseMessage response, string path, HashAlgorithmName algorithm, CancellationToken cancellation)
    {
        const OpenFlags Anew = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow;
        const uint OwnerOnly = 0x180;
        using var target = new FileStream(FileCalls.Open(FileCalls.CurrentDirectory, ByteString.From(path).Span, Anew, OwnerOnly), FileAccess.Write);
        using var hash = IncrementalHash.CreateHash(algorithm);
        using var source = response.Content.ReadAsStream(cancellation);
        using var stop = cancellation.Register(response.Dispose);
        var buffer = new byte[1 << 17];
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
            target.Write(buffer, 0, count);
        }

        return $"{algorithm.Name!.ToLowerInvariant()}:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private static string? Basic(Uri uri) =>
        uri.UserInfo.Length == 0
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo)))).ToString();
}
