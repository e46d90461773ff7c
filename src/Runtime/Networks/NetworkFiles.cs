using System.Net;
using System.Text;

namespace Bld.Runtime.Networks;

/// <summary>The contents of /etc/resolv.conf, /etc/hosts and /etc/hostname for a container.</summary>
public static class NetworkFiles
{
    private const string HostGateway = "host-gateway";

    /// <summary>
    /// resolv.conf: the host's, or the given servers, search domains and options in its place. With a network namespace of its
    /// own a container can't reach the host's loopback, so such servers are left out there.
    /// </summary>
    /// <param name="hostText">The host's resolv.conf.</param>
    /// <param name="ownNetwork">Whether the container has its own network namespace.</param>
    /// <param name="servers">--dns; empty keeps the host's.</param>
    /// <param name="search">--dns-search; empty keeps the host's, a single "." means none.</param>
    /// <param name="options">--dns-option; empty keeps the host's.</param>
    public static string ResolverConfiguration(
        string hostText, bool ownNetwork, IReadOnlyList<string> servers, IReadOnlyList<string> search, IReadOnlyList<string> options)
    {
        var hostServers = new List<string>();
        IReadOnlyList<string> hostSearch = [];
        IReadOnlyList<string> hostOptions = [];
        foreach (var line in hostText.Split('\n'))
        {
            var words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words.Length > 1 ? words[0] : "")
            {
                case "nameserver" when !ownNetwork || !IsLoopback(words[1]):
                    hostServers.Add(words[1]);
                    break;
                case "search" or "domain":
                    hostSearch = words[1..];
                    break;
                case "options":
                    hostOptions = words[1..];
                    break;
            }
        }

        return Write(servers.Count > 0 ? servers : hostServers, search.Count > 0 ? search : hostSearch, options.Count > 0 ? options : hostOptions);
    }

    /// <summary>
    /// hosts: the loopback names, the container's own names, and --add-host entries (<c>name:address</c>, or <c>name;name:address</c>).
    /// </summary>
    /// <param name="names">The container's host name and what else it is called; an empty one is left out.</param>
    /// <param name="address">Its address; null for loopback.</param>
    /// <param name="added">The entries.</param>
    /// <param name="hostAddress">What <c>host-gateway</c> stands for; null where the host can't be reached.</param>
    /// <exception cref="ContainerException">An entry has no colon, or no address behind it.</exception>
    public static string Hosts(IReadOnlyList<string> names, string? address, IReadOnlyList<string> added, string? hostAddress = null)
    {
        var text = new StringBuilder();
        foreach (var entry in added)
        {
            // The first colon or equals sign: an IPv6 address has more of them.
            var colon = entry.IndexOfAny([':', '=']);
            if (colon <= 0 || colon == entry.Length - 1)
            {
                throw new ContainerException($"bad format for add-host: \"{entry}\": expected name:address", "hosts", entry);
            }

            var number = entry[(colon + 1)..].Trim('[', ']');
            if (number == HostGateway)
            {
                number = hostAddress ?? throw new ContainerException(
                    $"{entry}: a network of the container's own has no way to the host; use --network host", "hosts", entry);
            }

            if (!IPAddress.TryParse(number, out _))
            {
                throw new ContainerException($"invalid IP address in add-host: \"{number}\"", "hosts", entry);
            }

            foreach (var name in entry[..colon].Split(';'))
            {
                text.Append(number).Append('\t').Append(name).Append('\n');
            }
        }

        text.Append("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        var own = string.Join(' ', names.Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal));
        if (own.Length > 0)
        {
            text.Append(address ?? "127.0.1.1").Append('\t').Append(own).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>hostname: the name and a line's end.</summary>
    public static string HostName(string hostname) => hostname + "\n";

    private static string Write(IReadOnlyList<string> servers, IReadOnlyList<string> search, IReadOnlyList<string> options)
    {
        var text = new StringBuilder();
        if (search.Count > 0 && search is not ["."])
        {
            text.Append("search ").AppendJoin(' ', search).Append('\n');
        }

        foreach (var server in servers)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        if (options.Count > 0)
        {
            text.Append("options ").AppendJoin(' ', options).Append('\n');
        }

        return text.ToString();
    }

    private static bool IsLoopback(string address) =>
        address.StartsWith("127.", StringComparison.Ordinal) || address is "::1" or "localhost";
}
