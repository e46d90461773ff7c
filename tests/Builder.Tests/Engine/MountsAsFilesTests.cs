using Bld.Builder.Engine;
using Bld.Builder.Tests.Layers;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Engine;

/// <summary>A command's mounts as files in a root that is a copy.</summary>
public sealed class MountsAsFilesTests : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory;
    private readonly TemporaryPlace _place = new();
    private readonly string _otherFileSystem = $"/dev/shm/bld-test-{Guid.NewGuid():N}";
    private readonly List<SafeFileHandle> _opened = [];

    public MountsAsFilesTests()
    {
        Directory.CreateDirectory(_place.At("root"));
        Directory.CreateDirectory(_place.At("outside"));
        Directory.CreateDirectory(_place.At("caches/one/fs"));
    }

    public void Dispose()
    {
        _opened.ForEach(static handle => handle.Dispose());
        _place.Dispose();
        if (Directory.Exists(_otherFileSystem))
        {
            Directory.Delete(_otherFileSystem, recursive: true);
        }
    }

    [Theory]
    [InlineData("/link/file", "file")]
    [InlineData("/up/file", "file")]
    [InlineData("/dir/link/deep/file", "deep/file")]
    [InlineData("/../../outside/file", "outside/file")]
    public void Links_of_the_image_lead_nowhere_outside(string target, string inside)
    {
        var outside = _place.At("outside");
        File.CreateSymbolicLink(_place.At("root/link"), outside);
        File.CreateSymbolicLink(_place.At("root/up"), "../outside");
        Directory.CreateDirectory(_place.At("root/dir"));
        File.CreateSymbolicLink(_place.At("root/dir/link"), $"../../..{outside}");
        using var mounts = new MountsAsFiles([PreparedMount.OfFile(target, "content"u8.ToArray(), 0x1A4, ["ro"]), PreparedMount.OfMemory(target + "s", [])]);
        mounts.Fill(Open("root"));

        Assert.Empty(Directory.GetFileSystemEntries(outside));
        var found = Assert.Single(Directory.GetFiles(_place.At("root"), "file", SearchOption.AllDirectories));
        Assert.EndsWith(inside, found, StringComparison.Ordinal);
        Assert.Equal("content", File.ReadAllText(found));
        Assert.True(Directory.Exists(found + "s"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("../../../..")]
    public void Links_of_what_is_mounted_lead_nowhere_outside(string up)
    {
        var outside = _place.At("outside");
        File.CreateSymbolicLink(_place.At("caches/one/fs/link"), $"{up}{outside}");
        using var mounts = new MountsAsFiles([Cache("/cache"), PreparedMount.OfFile("/cache/link/file", "content"u8.ToArray(), 0x1A4, ["ro"])]);
        var covered = mounts.Fill(Open("root"));

        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Contains(ByteString.From($"{outside[1..]}/file"), covered);
        Assert.Equal("content", File.ReadAllText($"{_place.At("root")}{outside}/file"));
        Directory.Delete($"{_place.At("root")}{outside}", recursive: true);
    }

    [Fact]
    public void A_cache_gets_what_the_command_made_of_it()
    {
        File.WriteAllText(_place.At("caches/one/fs/old"), "old");
        using var mounts = new MountsAsFiles([Cache("/cache")]);
        mounts.Fill(Open("root"));
        Assert.Equal("old", File.ReadAllText(_place.At("root/cache/old")));
        InCache("rm old && mkdir -m 700 new && echo made > new/file && chown 7:8 .");
        mounts.Keep();

        Assert.Equal("made\n", File.ReadAllText(_place.At("caches/one/fs/new/file")));
        Assert.False(File.Exists(_place.At("caches/one/fs/old")));
        Assert.Equal((7u, 8u), Owner("caches/one/fs"));
        Assert.Equal([_place.At("caches/one/fs")], Directory.GetFileSystemEntries(_place.At("caches/one")));
    }

    [Fact]
    public void A_cache_may_lie_on_another_file_system()
    {
        Directory.CreateDirectory($"{_otherFileSystem}/one/fs");
        File.WriteAllText($"{_otherFileSystem}/one/fs/old", "old");
        using var mounts = new MountsAsFiles([Cache("/cache", $"{_otherFileSystem}/one/fs")]);
        mounts.Fill(Open("root"));
        File.WriteAllText(_place.At("root/cache/new"), "new");
        mounts.Keep();

        Assert.NotEqual(FileCalls.Status(Open("root")).Device, FileCalls.Status(Open(_otherFileSystem)).Device);
        Assert.Equal(["new", "old"], Directory.GetFiles($"{_otherFileSystem}/one/fs").Select(Path.GetFileName).Order());
        Assert.Equal([$"{_otherFileSystem}/one/fs"], Directory.GetFileSystemEntries($"{_otherFileSystem}/one"));
    }

    [Theory]
    [InlineData("rm -r ../cache")]
    [InlineData("rm -r ../cache && mkdir ../cache && echo x > ../cache/x")]
    public void A_cache_whose_place_the_command_removes_is_empty(string script)
    {
        File.WriteAllText(_place.At("caches/one/fs/old"), "old");
        using var mounts = new MountsAsFiles([Cache("/cache")]);
        mounts.Fill(Open("root"));
        InCache(script);
        mounts.Keep();
        Assert.Empty(Directory.GetFileSystemEntries(_place.At("caches/one/fs")));
    }

    [Fact]
    public void A_cache_that_a_later_mount_hides_or_that_is_read_only_stays_as_it_is()
    {
        File.WriteAllText(_place.At("caches/one/fs/old"), "old");
        using var mounts = new MountsAsFiles([Cache("/hidden/cache"), PreparedMount.OfMemory("/hidden", []), Cache("/cache", option: "ro")]);
        mounts.Fill(Open("root"));
        Assert.Empty(Directory.GetFileSystemEntries(_place.At("root/hidden")));
        InCache("echo changed > old");
        mounts.Keep();
        Assert.Equal("old", File.ReadAllText(_place.At("caches/one/fs/old")));
    }

    [Fact]
    public void Commands_that_have_a_cache_at_once_see_it_whole_and_leave_it_whole()
    {
        const int Files = 40;
        Enumerable.Range(0, Files).ToList().ForEach(number => File.WriteAllText(_place.At($"caches/one/fs/{number}"), "0"));
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            for (var round = 0; round < 25; round++)
            {
                var root = Directory.CreateDirectory(_place.At($"roots/{worker}-{round}")).FullName;
                using var handle = FileCalls.Open(root, DirectoryItself);
                using var cache = FileCalls.Open(_place.At("caches/one/fs"), OpenFlags.Path);
                using var mounts = new MountsAsFiles([PreparedMount.OfTree("/cache", cache, isDirectory: true, ["rw"]) with { IsCache = true }]);
                mounts.Fill(handle);
                var files = Directory.GetFiles($"{root}/cache");
                Assert.Equal(Files, files.Length);
                Assert.Single(files.Select(File.ReadAllText).Distinct());
                Array.ForEach(files, file => File.WriteAllText(file, $"{worker}-{round}"));
                mounts.Keep();
            }
        });
        Assert.Single(Directory.GetFiles(_place.At("caches/one/fs")).Select(File.ReadAllText).Distinct());
    }

    private PreparedMount Cache(string target, string? path = null, string option = "rw")
    {
        var cache = FileCalls.Open(path ?? _place.At("caches/one/fs"), OpenFlags.Path);
        _opened.Add(cache);
        return PreparedMount.OfTree(target, cache, isDirectory: true, [option]) with { IsCache = true };
    }

    private SafeFileHandle Open(string name)
    {
        var handle = FileCalls.Open(Path.Combine(_place.Path, name), DirectoryItself);
        _opened.Add(handle);
        return handle;
    }

    private (uint User, uint Group) Owner(string name)
    {
        var status = FileCalls.Status(Open(name));
        return (status.UserId, status.GroupId);
    }

    // What a command does in its cache.
    private void InCache(string script) => Programs.Shell(script, _place.At("root/cache"));
}
