namespace Bld.Dockerfile.Tests;

public sealed class PortSpecTests
{
    [Theory]
    [InlineData("80", "80/tcp")]
    [InlineData("80/", "80/tcp")]
    [InlineData("80/UDP", "80/udp")]
    [InlineData("8-10/sctp", "8/sctp 9/sctp 10/sctp")]
    [InlineData("0", "0/tcp")]
    [InlineData("65535", "65535/tcp")]
    [InlineData("5000:80", "80/tcp")]
    [InlineData("127.0.0.1:5000:80/udp", "80/udp")]
    [InlineData("127.0.0.1::80", "80/tcp")]
    [InlineData("[::1]:5000-5001:80-81", "80/tcp 81/tcp")]
    [InlineData("5000-5010:80", "80/tcp")]
    public void Ports_are_read(string text, string expected) => Assert.Equal(expected, string.Join(' ', PortSpec.Parse(text)));

    [Theory]
    [InlineData("", "invalid port: \"\": no port specified")]
    [InlineData("/tcp", "invalid port: \"/tcp\": no port specified")]
    [InlineData("80/foo", "invalid port: \"80/foo\": invalid proto: foo")]
    [InlineData("65536", "invalid containerPort: 65536")]
    [InlineData("+1", "invalid containerPort: +1")]
    [InlineData("9-8", "invalid containerPort: 9-8")]
    [InlineData("1-2-3", "invalid containerPort: 1-2-3")]
    [InlineData("x:80", "invalid hostPort: x")]
    [InlineData("300.1.1.1:1:80", "invalid IP address: 300.1.1.1")]
    [InlineData("1-3:80-81", "invalid ranges specified for container and host Ports: 80-81 and 1-3")]
    public void What_is_no_port_is_refused(string text, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<DockerfileException>(() => PortSpec.Parse(text)).Message);
}
