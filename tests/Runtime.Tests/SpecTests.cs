using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Networks;
using Bld.Runtime.Plans;
using Bld.Runtime.Security;
using Bld.Runtime.Spec;

using FsCheck;
using FsCheck.Fluent;

namespace Bld.Runtime.Tests;

public sealed class SpecTests
{
    [Fact]
    public void Unknown_fields_survive_reading_and_writing()
    {
        const string Json = """{"ociVersion":"1.2.0","process":{"cwd":"/","args":["x"],"future":[1]},"vm":{"kernel":{"path":"/k"}},"linux":{"uidMappings":[{"containerID":0,"hostID":1000,"size":1}]}}""";
        var spec = ContainerSpec.Parse(Encoding.UTF8.GetBytes(Json));
        Assert.Equal(1000u, Assert.Single(spec.Linux!.UidMappings!).HostId);
        var again = Encoding.UTF8.GetString(spec.ToJson()).Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        Assert.Contains("\"future\":[1]", again, StringComparison.Ordinal);
        Assert.Contains("\"vm\":{\"kernel\":{\"path\":\"/k\"}}", again, StringComparison.Ordinal);
        Assert.Contains("\"containerID\":0,\"hostID\":1000", again, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_is_read_as_it_was_written()
    {
        Prop.ForAll<byte[][], uint[]>((texts, numbers) =>
        {
            var plan = new InitPlan { MaskedPaths = texts, Unshare = 7, Mounts = [new MountStep { Data = texts, Mode = 5 }] };
            plan.Process.Groups = numbers;
            plan.Process.Bounding = ulong.MaxValue;
            var writer = new PlanCodec();
            plan.Exchange(writer);
            var read = new InitPlan();
            read.Exchange(new PlanCodec(writer.Written.ToArray()));
            var again = new PlanCodec();
            read.Exchange(again);
            return writer.Written.SequenceEqual(again.Written) && read.MaskedPaths.Length == texts.Length
                && read.Process.Groups.AsSpan().SequenceEqual(numbers) && read.Process.Bounding == ulong.MaxValue;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Later_mount_options_win()
    {
        var options = MountOptions.Parse(["ro", "rw", "nosuid", "rro", "mode=755", "rslave", "noatime"]);
        Assert.Equal(Linux.MountAttributeFlags.NoSetUserId | Linux.MountAttributeFlags.NoAccessTime, options.Set);
        Assert.Equal(Linux.MountAttributeFlags.ReadOnly, options.RecursiveSet);
        Assert.True(options.RecursivePropagation);
        Assert.Equal(["mode", "755"], options.Data.Select(Encoding.UTF8.GetString));
    }

    [Fact]
    public void Capabilities_are_added_and_dropped_by_any_spelling()
    {
        Assert.Equal(["CAP_CHOWN", "CAP_NET_RAW"], Capabilities.Adjust(["CAP_CHOWN", "CAP_KILL"], ["net_raw"], ["CAP_KILL"]));
        Assert.Equal(["CAP_KILL"], Capabilities.Adjust(Capabilities.Default, ["kill"], ["all"]));
        Assert.Equal(Capabilities.All.Count, Capabilities.Adjust([], ["ALL"], []).Count);
        Assert.Throws<ContainerException>(() => Capabilities.Adjust([], ["fly"], []));
        Assert.Throws<ContainerException>(() => Capabilities.Adjust([], ["kill"], ["kill"]));
    }

    [Fact]
    public void Loopback_resolvers_are_left_out_where_they_can_not_be_reached()
    {
        const string Host = "# text\nnameserver 127.0.0.53\nnameserver 192.0.2.9\nsearch a.example b.example\noptions ndots:2\n";
        Assert.Equal("search a.example b.example\nnameserver 192.0.2.9\noptions ndots:2\n", NetworkFiles.ResolverConfiguration(Host, true, [], [], []));
        Assert.Equal("nameserver 9.9.9.9\noptions ndots:2\n", NetworkFiles.ResolverConfiguration(Host, true, ["9.9.9.9"], ["."], []));
        Assert.Contains("127.0.0.53", NetworkFiles.ResolverConfiguration(Host, false, [], [], []), StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_get_the_added_names_first()
    {
        var text = NetworkFiles.Hosts(["box"], null, ["db:10.0.0.1", "a;b:fd00::1"]);
        Assert.StartsWith("10.0.0.1\tdb\nfd00::1\ta\nfd00::1\tb\n127.0.0.1\tlocalhost\n", text, StringComparison.Ordinal);
        Assert.Contains("\tbox\n", text, StringComparison.Ordinal);
        Assert.EndsWith("127.0.1.1\tbox box-working-container\n", NetworkFiles.Hosts(["box", "", "box-working-container", "box"], null, []), StringComparison.Ordinal);
        Assert.Throws<ContainerException>(() => NetworkFiles.Hosts(["box"], null, ["db"]));
        Assert.Throws<ContainerException>(() => NetworkFiles.Hosts(["box"], null, ["db:nowhere"]));
        Assert.Contains("10.1.2.3\tup\n", NetworkFiles.Hosts(["box"], null, ["up:host-gateway"], "10.1.2.3"), StringComparison.Ordinal);
        Assert.Contains("use --network host", Assert.Throws<ContainerException>(() => NetworkFiles.Hosts(["box"], null, ["up:host-gateway"])).Message, StringComparison.Ordinal);
    }
}
