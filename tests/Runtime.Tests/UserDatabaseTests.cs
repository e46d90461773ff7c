using Bld.Runtime.Linux;
using Bld.Runtime.Users;

namespace Bld.Runtime.Tests;

public sealed class UserDatabaseTests : IDisposable
{
    private readonly BusyboxRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("", 0, 0, "/root")]
    [InlineData("app", 1000, 1001, "/home/app")]
    [InlineData("1000", 1000, 1001, "/home/app")]
    [InlineData("app:extra", 1000, 2000, "/home/app")]
    [InlineData("app:77", 1000, 77, "/home/app")]
    [InlineData("4321", 4321, 0, "/")]
    [InlineData("4321:extra", 4321, 2000, "/")]
    public void A_user_is_a_name_or_a_number_with_or_without_a_group(string text, uint uid, uint gid, string home)
    {
        var user = Resolve(text);
        Assert.Equal((uid, gid, home), (user.Uid, user.Gid, user.Home));
    }

    [Fact]
    public void Further_groups_come_from_the_group_file_unless_a_group_is_named()
    {
        Assert.Equal([2000u], Resolve("app").AdditionalGids);
        Assert.Empty(Resolve("app:app").AdditionalGids);
    }

    [Fact]
    public void Unknown_names_are_refused_in_the_known_words()
    {
        Assert.Equal("unable to find user nobody: unknown user error looking up user \"nobody\": no matching entries in passwd file", Assert.Throws<UserLookupException>(() => Resolve("nobody")).Message);
        Assert.Equal("unable to find group wheel: unknown group error looking up group \"wheel\": no matching entries in group file", Assert.Throws<UserLookupException>(() => Resolve("app:wheel")).Message);
    }

    [Fact]
    public void Ids_beyond_the_range_are_refused() => Assert.Throws<UserLookupException>(() => Resolve("4294967294"));

    [Fact]
    public void A_passwd_that_is_a_link_out_of_the_root_is_read_inside()
    {
        File.Delete(_root.In("etc/passwd"));
        File.CreateSymbolicLink(_root.In("etc/passwd"), "/../../../etc/other");
        File.WriteAllText(_root.In("etc/other"), "inside:x:5:6::/in:\n");
        Assert.Equal(5u, Resolve("inside").Uid);
    }

    [Fact]
    public void A_passwd_that_is_a_fifo_does_not_hang()
    {
        File.Delete(_root.In("etc/passwd"));
        FileCalls.MakeNode(FileCalls.CurrentDirectory, ByteString.From(_root.In("etc/passwd")).Span, (uint)FileKind.Fifo | 0x1A4, default);
        Assert.Equal(0u, Resolve("").Uid);
    }

    private ResolvedUser Resolve(string text)
    {
        using var root = FileCalls.Open(_root.Path, OpenFlags.Path | OpenFlags.Directory);
        return new UserDatabase(root).Resolve(text);
    }
}
