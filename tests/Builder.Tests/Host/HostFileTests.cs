using Bld.Builder.Cli.Host;
using Bld.Builder.Store;
using Bld.Builder.Tests.Layers;
using Bld.Builder.Tests.Store;

namespace Bld.Builder.Tests.Host;

/// <summary>Files that the command line names for results.</summary>
public sealed class HostFileTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly string _file;

    public HostFileTests() => _file = $"{_place.Path}/result";

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_file_keeps_its_old_content_until_the_new_one_is_whole()
    {
        HostFile.Write(_file, "old");
        Programs.Shell($"chmod 602 {_file}", _place.Path);
        HostFile.Write(_file, target =>
        {
            target.Write("n"u8);
            target.Flush();
            Assert.Equal("old", File.ReadAllText(_file));
            target.Write("ew"u8);
        });
        Assert.Equal("new", File.ReadAllText(_file));
        Assert.Equal("602", Programs.Shell($"stat -c %a {_file}", _place.Path).TrimEnd('\n'));
        Assert.Equal([_file], Directory.GetFileSystemEntries(_place.Path));
    }

    [Fact]
    public void What_fails_on_the_way_leaves_the_old_file_and_nothing_else()
    {
        HostFile.Write(_file, "old");
        Assert.Throws<InvalidOperationException>(() => HostFile.Write(_file, _ => throw new InvalidOperationException()));
        Assert.Equal("old", File.ReadAllText(_file));
        Assert.Equal([_file], Directory.GetFileSystemEntries(_place.Path));
    }

    [Fact]
    public void A_link_stays_and_its_file_is_written()
    {
        File.WriteAllText($"{_place.Path}/real", "much longer than the new one");
        File.CreateSymbolicLink(_file, "real");
        HostFile.Write(_file, "new");
        Assert.Equal("real", new FileInfo(_file).LinkTarget);
        Assert.Equal("new", File.ReadAllText($"{_place.Path}/real"));
    }

    [Theory]
    [InlineData("chown 1000:1000 result")]
    [InlineData("chown 0:1000 result")]
    [InlineData("ln result other")]
    public void A_file_of_another_owner_or_with_other_names_stays_the_same_file(string change)
    {
        File.WriteAllText(_file, "much longer than the new one");
        Programs.Shell($"chmod 600 result && {change}", _place.Path);
        var before = Programs.Shell("stat -c '%i %u:%g %a %h' result", _place.Path);
        HostFile.Write(_file, "new");
        Assert.Equal("new", File.ReadAllText(_file));
        Assert.Equal(before, Programs.Shell("stat -c '%i %u:%g %a %h' result", _place.Path));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_place.Path), static path => path.Contains(".bld-", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_nothing_can_be_made_beside_a_file_it_is_written_itself()
    {
        const string Filter = "/proc/self/coredump_filter";
        var before = File.ReadAllText(Filter);
        HostFile.Write(Filter, $"0x{before}");
        Assert.Equal(before, File.ReadAllText(Filter));
    }

    [Fact]
    public void A_name_may_be_as_long_as_names_can_be()
    {
        var path = $"{_place.Path}/{new string('n', 255)}";
        HostFile.Write(path, "whole");
        Assert.Equal("whole", File.ReadAllText(path));
    }

    [Fact]
    public async Task A_pipe_stays_and_is_written_to()
    {
        Programs.Shell($"mkfifo {_file}", _place.Path);
        var reader = Task.Run(() => File.ReadAllText(_file));
        HostFile.Write(_file, "through");
        Assert.Equal("through", await reader);
        Assert.Equal("p", Programs.Shell($"test -p {_file} && echo p", _place.Path).TrimEnd('\n'));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_told()
    {
        var failure = Assert.Throws<BuildException>(() => HostFile.Write($"{_place.Path}/none/file", "x"));
        Assert.Equal($"open {_place.Path}/none/file: no such file or directory", failure.Message);
    }
}
