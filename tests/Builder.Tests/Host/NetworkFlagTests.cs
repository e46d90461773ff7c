using Bld.Builder.Cli.Commands;
using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;

namespace Bld.Builder.Tests.Host;

/// <summary>What <c>--network</c> may say of pasta.</summary>
public sealed class NetworkFlagTests
{
    [Theory]
    [InlineData("pasta", "")]
    [InlineData("pasta:", "")]
    [InlineData("pasta:-T,auto,--map-gw", "-T auto --map-gw")]
    [InlineData("slirp4netns", "")]
    [InlineData("slirp4netns:allow_host_loopback=true,port_handler=slirp4netns,mtu=1400,enable_ipv6=false", "--map-gw --mtu 1400 --ipv4-only")]
    [InlineData("slirp4netns:outbound_addr=192.0.2.1,enable_ipv6=true", "--outbound 192.0.2.1")]
    public void Options_go_to_pasta(string text, string expected)
    {
        var network = NetworkFlag.Parse(text);
        Assert.Equal(NetworkKind.Private, network.Kind);
        Assert.Equal(expected, string.Join(' ', network.PastaOptions));
    }

    [Theory]
    [InlineData("pasta:--netns=/proc/1/ns/net", "--netns=/proc/1/ns/net is bld's own part")]
    [InlineData("pasta:-4,--foreground", "--foreground is bld's own part")]
    [InlineData("slirp4netns:cidr=10.0.0.0/8", "has nothing for cidr=10.0.0.0/8")]
    [InlineData("pastry:x", "invalid network \"pastry:x\"")]
    public void What_cannot_be_said_is_told(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => NetworkFlag.Parse(text)).Message, StringComparison.Ordinal);
}
