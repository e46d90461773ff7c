using System.Net.Sockets;
using System.Text;

using Bld.Builder.Engine;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Engine;

public sealed class AgentRelayTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task What_one_side_writes_the_other_reads_and_the_agents_own_socket_is_left_alone()
    {
        using var state = _place.OpenState();
        var path = $"{state.Root}/agent";
        var agent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        agent.Bind(new UnixDomainSocketEndPoint(path));
        agent.Listen(4);
        var answering = AnswerAsync(agent);

        using var relay = new AgentRelay(state, path, mode: 0x1E1, user: 100, group: 102);
        var status = FileCalls.Status(relay.Socket);
        Assert.Equal((0x1E1u, 100u, 102u), (status.Permissions, status.UserId, status.GroupId));
        using (var own = FileCalls.Open(path, OpenFlags.Path))
        {
            Assert.NotEqual(0x1E1u, FileCalls.Status(own).Permissions);
        }


        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint($"/proc/self/fd/{relay.Socket.DangerousGetHandle()}"));
        await client.SendAsync("hello"u8.ToArray().AsMemory());
        var buffer = new byte[100];
        var count = await client.ReceiveAsync(buffer.AsMemory());
        Assert.Equal("got hello", Encoding.ASCII.GetString(buffer, 0, count));
        await answering;
        agent.Dispose();
    }

    [Fact]
    public void An_agent_that_does_not_listen_is_named()
    {
        using var state = _place.OpenState();
        var exception = Assert.Throws<BuildException>(() => new AgentRelay(state, $"{state.Root}/nobody", 0x180, 0, 0));
        Assert.Contains("nobody", exception.Message, StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(Socket agent)
    {
        // The first connection only asks whether anybody is there.
        (await agent.AcceptAsync()).Dispose();
        using var connection = await agent.AcceptAsync();
        var buffer = new byte[100];
        var count = await connection.ReceiveAsync(buffer.AsMemory());
        await connection.SendAsync(Encoding.ASCII.GetBytes("got " + Encoding.ASCII.GetString(buffer, 0, count)).AsMemory());
    }
}
