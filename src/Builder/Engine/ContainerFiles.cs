using System.Text;

using Bld.Runtime.Networks;

namespace Bld.Builder.Engine;

/// <summary>
/// The files that every container sees in place of the image's: <c>/etc/resolv.conf</c>, <c>/etc/hosts</c>, <c>/etc/hostname</c> and
/// <c>/run/.containerenv</c>. They live in memory and are mounted, so they never become part of a layer.
/// </summary>
internal static class ContainerFiles
{
    private const uint ReadableByAll = 0x1A4;
    private const string HostResolver = "/etc/resolv.conf";
    private const string Loopback = "127.0.0.1";

    /// <summary>Makes them.</summary>
    public static IEnumerable<PreparedMount> For(RunSettings settings, string hostname, bool ownNetwork)
    {
        if (settings.DnsServers is not ["none"])
        {
            var host = File.Exists(HostResolver) ? File.ReadAllText(HostResolver) : "";
            yield return Of("/etc/resolv.conf", NetworkFiles.ResolverConfiguration(
                host, ownNetwork, settings.DnsServers, settings.DnsSearch, settings.DnsOptions));
        }

        if (!settings.NoHosts)
        {
            yield return Of("/etc/hosts", NetworkFiles.Hosts(hostname, null, settings.AddHosts, ownNetwork ? null : Loopback));
        }

        if (!settings.NoHostname)
        {
            yield return Of("/etc/hostname", NetworkFiles.HostName(hostname));
        }

        yield return Of("/run/.containerenv", "");
    }

    private static PreparedMount Of(string target, string content) =>
        PreparedMount.OfFile(target, Encoding.UTF8.GetBytes(content), ReadableByAll, ["rw", "nosuid", "nodev"]);
}
