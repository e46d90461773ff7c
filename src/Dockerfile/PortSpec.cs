using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>The ports of EXPOSE: <c>80</c>, <c>80/udp</c>, <c>8000-8010/tcp</c>.</summary>
public static class PortSpec
{
    private const int LargestPort = 65535;

    /// <summary>Each port as <c>number/protocol</c>, ranges taken apart, the protocol in lower case and tcp when there is none.</summary>
    /// <exception cref="DockerfileException">The text names no port, or one that can't be.</exception>
    public static IReadOnlyList<string> Parse(string text)
    {
        var slash = text.IndexOf('/');
        var protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        var ports = slash < 0 ? text : text[..slash];
        // An address and a host's port before the last colon mean nothing in an image; docker run's form is read all the same.
        ports = ports[(ports.LastIndexOf(':') + 1)..];
        if (ports.Length == 0)
        {
            throw new DockerfileException($"no port specified: {text}<empty>");
        }

        if (protocol is not ("" or "tcp" or "udp" or "sctp"))
        {
            throw new DockerfileException($"invalid proto: {protocol}");
        }

        var dash = ports.IndexOf('-');
        var first = Number(dash < 0 ? ports : ports[..dash], text);
        var last = dash < 0 ? first : Number(ports[(dash + 1)..], text);
        return last < first
            ? throw new DockerfileException($"invalid containerPort: {ports}: the range ends before it begins")
            : [.. Enumerable.Range(first, last - first + 1).Select(port => $"{port}/{(protocol.Length == 0 ? "tcp" : protocol)}")];
    }

    private static int Number(string digits, string text) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= LargestPort
            ? port
            : throw new DockerfileException($"invalid containerPort: {text}");
}
