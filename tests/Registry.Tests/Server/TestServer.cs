using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bld.Registry.Tests;

/// <summary>A request as the server has read it.</summary>
internal sealed record TestRequest(string Method, string Target, Dictionary<string, string> Headers, byte[] Body, int Number)
{
    public string Path => Target.Split('?')[0];

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The first byte of a range; null when all is wanted.</summary>
    public long? RangeStart => Header("range") is { } range ? long.Parse(range.Split('=')[1].Split('-')[0], CultureInfo.InvariantCulture) : null;
}

/// <summary>What the server does with a request.</summary>
internal sealed record TestReply(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>After so many bytes of the body the connection is reset.</summary>
    public int? ResetAfter { get; init; }

    /// <summary>After so many bytes of the body nothing more comes.</summary>
    public int? StallAfter { get; init; }

    /// <summary>The body is repeated without end, in chunks.</summary>
    public bool IsEndless { get; init; }

    /// <summary>The length that the header says; null for the true one.</summary>
    public long? SaidLength { get; init; }

    public static TestReply Text(int status, string text) => new(status, Encoding.UTF8.GetBytes(text));

    public static TestReply Empty(int status) => new(status, []);

    /// <summary>The connection is reset before any answer.</summary>
    public static TestReply Reset { get; } = new(0, []);
}

/// <summary>A real HTTP server on a port of its own, that can behave as badly as networks and registries do.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<TestRequest, TestReply> _answer;
    private readonly CancellationTokenSource _stop = new();
    private int _number;

    public TestServer(Func<TestRequest, TestReply> answer)
    {
        _answer = answer;
        _listener.Start();
        Host = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync();
    }

    public string Host { get; }

    public ConcurrentQueue<TestRequest> Requests { get; } = [];

    /// <summary>What a part of the body still got out after the client had enough of it; for endless bodies.</summary>
    public long Sent { get; private set; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using var stream = client.GetStream();
                while (await ReadAsync(stream) is { } request)
                {
                    Requests.Enqueue(request);
                    if (!await WriteAsync(client, stream, request, _answer(request)))
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has had enough, or the test is over.
        }
    }

    private async Task<TestRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || head is not [.., 13, 10, 13, 10])
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0 || (head.Count == 0 && one[0] == 0x16))
            {
                // The end, or somebody who tries whether TLS is spoken here.
                return null;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(static line => line.Split(": ", 2)).ToDictionary(static parts => parts[0].ToUpperInvariant(), static parts => parts[1], StringComparer.OrdinalIgnoreCase);
        var first = lines[0].Split(' ');
        return new TestRequest(first[0], first[1], headers, await ReadBodyAsync(stream, headers), Interlocked.Increment(ref _number));
    }

    private async Task<byte[]> ReadBodyAsync(NetworkStream stream, Dictionary<string, string> headers)
    {
        if (headers.TryGetValue("transfer-encoding", out _))
        {
            var all = new List<byte>();
            while (int.Parse(await ReadLineAsync(stream), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var size and > 0)
            {
                var chunk = new byte[size];
                await stream.ReadExactlyAsync(chunk, _stop.Token);
                all.AddRange(chunk);
                await ReadLineAsync(stream);
            }

            await ReadLineAsync(stream);
            return [.. all];
        }

        var body = new byte[headers.TryGetValue("content-length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return body;
    }

    private async Task<string> ReadLineAsync(NetworkStream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < 2 || line[^1] != '\n')
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>Answers; false when the connection is over.</summary>
    private async Task<bool> WriteAsync(TcpClient client, NetworkStream stream, TestRequest request, TestReply reply)
    {
        if (reply.Status == 0)
        {
            client.Client.LingerState = new LingerOption(true, 0);
            return false;
        }

        var head = new StringBuilder().Append("HTTP/1.1 ").Append(reply.Status).Append(" Reason\r\n");
        head.Append(reply.IsEndless ? "Transfer-Encoding: chunked\r\n" : $"Content-Length: {reply.SaidLength ?? reply.Body.Length}\r\n");
        foreach (var (name, value) in reply.Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
        if (request.Method == "HEAD")
        {
            return true;
        }

        if (reply.IsEndless)
        {
            await WriteEndlesslyAsync(stream, reply.Body);
        }

        var part = Math.Min(reply.Body.Length, reply.ResetAfter ?? reply.StallAfter ?? reply.Body.Length);
        await stream.WriteAsync(reply.Body.AsMemory(0, part), _stop.Token);
        if (reply.StallAfter is not null)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }

        if (reply.ResetAfter is not null || (reply.SaidLength is { } said && said != reply.Body.Length))
        {
            await stream.FlushAsync(_stop.Token);

            // A reset may overtake the bytes before it.
            await Task.Delay(50, _stop.Token);
            client.Client.LingerState = new LingerOption(reply.ResetAfter is not null, 0);
            return false;
        }

        return true;
    }

    private async Task WriteEndlesslyAsync(NetworkStream stream, byte[] body)
    {
        while (true)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), _stop.Token);
            await stream.WriteAsync(body, _stop.Token);
            await stream.WriteAsync("\r\n"u8.ToArray(), _stop.Token);
            Sent += body.Length;
        }
    }
}
