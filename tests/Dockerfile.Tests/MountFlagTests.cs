namespace Bld.Dockerfile.Tests;

public sealed class MountFlagTests
{
    [Fact]
    public void Every_field_is_read_under_each_of_its_names()
    {
        var mount = MountFlag.Parse("type=CACHE,id=i,dst=/t,src=/s,from=f,sharing=Locked,mode=0750,uid=1,gid=2");

        Assert.Equal(
            new MountFlag
            {
                Type = MountType.Cache,
                Id = "i",
                Target = "/t",
                Source = "/s",
                From = "f",
                Sharing = CacheSharing.Locked,
                Mode = 0x1E8,
                UserId = 1,
                GroupId = 2,
            },
            mount with { Extras = new MountFlag().Extras });
        Assert.Equal("/t", MountFlag.Parse("destination=/t").Target);
        Assert.Equal(1536L * 1024 * 1024, MountFlag.Parse("type=tmpfs,target=/t,size=1.5g").Size);
        Assert.Equal("V", MountFlag.Parse("type=secret,id=x,env=V,required").Environment);
    }

    [Theory]
    [InlineData("target=/x", true)]
    [InlineData("target=/x,rw", false)]
    [InlineData("target=/x,rw=false", true)]
    [InlineData("target=/x,ro=0", false)]
    [InlineData("type=cache,target=/x", false)]
    [InlineData("type=cache,target=/x,readonly", true)]
    [InlineData("type=tmpfs,target=/x", false)]
    [InlineData("type=secret,target=/x", true)]
    public void Who_may_write_depends_on_the_type_unless_it_is_said(string text, bool isReadOnly) =>
        Assert.Equal(isReadOnly, MountFlag.Parse(text).IsReadOnly);

    [Fact]
    public void A_secrets_source_is_its_id() => Assert.Equal("a", MountFlag.Parse("type=secret,source=a").Id);

    [Fact]
    public void A_field_in_quotes_may_hold_a_comma() => Assert.Equal("/a,b", MountFlag.Parse("\"source=/a,b\",target=/x").Source);

    [Fact]
    public void What_only_buildah_knows_is_accepted() =>
        Assert.Equal(["z", "U", "bind-propagation=rshared"], MountFlag.Parse("target=/x,z,U,bind-propagation=rshared").Extras);

    [Fact]
    public void Variables_are_left_alone_until_they_are_expanded()
    {
        Assert.Equal("/x", MountFlag.Parse("type=$T,target=/x,sharing=${S},required", mayHoldVariables: true).Target);
        var error = Assert.Throws<DockerfileException>(() => MountFlag.Parse("type=$T,target=/x"));
        Assert.Equal("unsupported mount type \"$T\"", error.Message);
    }
}
