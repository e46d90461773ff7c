using System.Globalization;
using System.Net;

namespace Bld.Dockerfile;

/// <summary>
/// The ports of EXPOSE: <c>80</c>, <c>80/udp</c>, <c>8000-8010/tcp</c>. docker run's form with an address and the host's port is read
/// too; what it adds means nothing in an image, but has to be right.
/// </summary>
public static class PortSpec
{
    /// <summary>Each port as <c>number/protocol</c>, ranges taken apart, the protocol in lower case and tcp when there is none.</summary>
    /// <exception cref="DockerfileException">The text names no port, or one that can't be.</exception>
    public static IReadOnlyList<string> Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        var container = text[(colon + 1)..];
        var slash = container.IndexOf('/');
        var protocol = slash < 0 || slash == container.Length - 1 ? "tcp" : container[(slash + 1)..].ToLowerInvariant();
        container = slash < 0 ? container : container[..slash];
        if (container.Length == 0)
        {
            throw new DockerfileException($"invalid port: {GoText.Quote(text)}: no port specified");
        }

        if (protocol is not ("tcp" or "udp" or "sctp"))
        {
            throw new DockerfileException($"invalid port: {GoText.Quote(text)}: invalid proto: {protocol}");
        }

        var (first, last) = Range(container) ?? throw new DockerfileException($"invalid containerPort: {container}");
        if (colon >= 0)
        {
            CheckHost(text[..colon], container, last - first);
        }

        return [.. Enumerable.Range(first, last - first + 1).Select(port => $"{port}/{protocol}")];
    }

    private static void CheckHost(string host, string container, int width)
    {
        var colon = host.LastIndexOf(':');
        var (address, port) = colon < 0 ? ("", host) : (host[..colon], host[(colon + 1)..]);
        var bare = address is ['[', .., ']'] ? address[1..^1] : address;
        if (address.Length > 0 && !IPAddress.TryParse(bare, out _))
        {
            throw new DockerfileException($"invalid IP address: {bare}");
        }

        if (port.Length == 0)
        {
            return;
        }

        var (first, last) = Range(port) ?? throw new DockerfileException($"invalid hostPort: {port}");
        if (width > 0 && last - first != width)
        {
            throw new DockerfileException($"invalid ranges specified for container and host Ports: {container} and {port}");
        }
    }

    private static (int First, int Last)? Range(string text)
    {
        var dash = text.IndexOf('-');
        return Number(dash < 0 ? text : text[..dash]) is { } first && (dash < 0 ? first : Number(text[(dash + 1)..])) is { } last && first <= last
            ? (first, last)
            : null;
    }

    private static int? Number(string digits) =>
        ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
}
