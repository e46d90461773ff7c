using System.Text;

using Bld.Builder.Engine.Containers;
using Bld.Builder.Snapshots;
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
    /// <param name="settings">What the command line says.</param>
    /// <param name="hostname">The container's host name.</param>
    /// <param name="ownNetwork">Whether it has its own network namespace.</param>
    /// <param name="container">The working container; null for a step of a build, which is to see the same each time.</param>
    public static IEnumerable<PreparedMount> For(RunSettings settings, string hostname, bool ownNetwork, ContainerSummary? container)
    {
        if (settings.DnsServers is not ["none"])
        {
            var host = File.Exists(HostResolver) ? File.ReadAllText(HostResolver) : "";
            yield return Of("/etc/resolv.conf", NetworkFiles.ResolverConfiguration(
                host, ownNetwork, settings.DnsServers, settings.DnsSearch, settings.DnsOptions));
        }

        if (!settings.NoHosts)
        {
            yield return Of("/etc/hosts", NetworkFiles.Hosts(container is null ? [hostname] : [hostname, container.Name], null, settings.AddHosts, ownNetwork ? null : Loopback));
        }

        if (!settings.NoHostname)
        {
            yield return Of("/etc/hostname", NetworkFiles.HostName(hostname));
        }

        yield return Of("/run/.containerenv", About(container));
    }

    // Lines as Buildah and Podman write them: a shell can read them in.
    private static string About(ContainerSummary? container)
    {
        var text = new StringBuilder($"engine=\"bld-{ThisAssembly.Version}\"\n");
        if (container is not null)
        {
            text.Append($"name=\"{container.Name}\"\nid=\"{container.Id}\"\nimage=\"{container.Image}\"\nimageid=\"{container.ImageId}\"\n");
        }

        return text.Append($"rootless={(OverlayMarks.InUserNamespace ? 1 : 0)}\n").ToString();
    }

    private static PreparedMount Of(string target, string content) =>
        PreparedMount.OfFile(target, Encoding.UTF8.GetBytes(content), ReadableByAll, ["rw", "nosuid", "nodev"]);
}
