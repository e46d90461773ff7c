using System.IO.Compression;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Tests;

/// <summary>The program that is carried compressed: unpacked once, and only from where nobody else can write.</summary>
public sealed class InitProgramTests : IDisposable
{
    private const UnixFileMode Mode = (UnixFileMode)0x16D;
    private readonly string _folder = Directory.CreateTempSubdirectory("bld-init-program-").FullName;
    private readonly byte[] _packed;

    public InitProgramTests()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        using (var program = File.OpenRead("/bin/busybox"))
        {
            program.CopyTo(gzip);
        }

        _packed = packed.ToArray();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_unpacked_once_and_can_be_run()
    {
        var path = Find(_folder)!;
        Assert.Equal(File.ReadAllBytes("/bin/busybox"), File.ReadAllBytes(path));
        Assert.Equal(Mode, File.GetUnixFileMode(path));
        var written = File.GetLastWriteTimeUtc(path);
        Assert.Equal(path, Find(_folder));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void One_that_others_may_write_or_that_is_cut_short_is_not_taken()
    {
        var path = Find(_folder)!;
        File.SetUnixFileMode(path, Mode | UnixFileMode.OtherWrite);
        Assert.Equal(path, Find(_folder));
        Assert.Equal(Mode, File.GetUnixFileMode(path));

        File.Delete(path);
        File.WriteAllText(path, "short");
        Assert.Equal(path, Find(_folder));
        Assert.True(new FileInfo(path).Length > 100);
    }

    [Fact]
    public void A_directory_that_others_may_write_or_that_is_a_link_is_not_used()
    {
        var open = Directory.CreateDirectory($"{_folder}/open").FullName;
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        Assert.Null(Find(open));
        Directory.CreateSymbolicLink($"{_folder}/link", Directory.CreateDirectory($"{_folder}/own").FullName);
        Assert.Null(Find($"{_folder}/link"));
        Assert.Null(InitProgramFile.Find(_folder, 0, static () => null));
    }

    [Fact]
    public void Somebody_who_may_still_write_is_seen()
    {
        var path = $"{_folder}/file";
        using (var writer = File.Create(path))
        {
            using var reader = FileCalls.Open(path, OpenFlags.ReadOnly);
            Assert.False(ProcessCalls.HasNoWriter(reader));
        }

        using var later = FileCalls.Open(path, OpenFlags.ReadOnly);

        // A process that another test has just started may hold the writer's descriptor until its exec.
        Assert.True(SpinWait.SpinUntil(() => ProcessCalls.HasNoWriter(later), TimeSpan.FromSeconds(10)));
    }

    private string? Find(string directory) => InitProgramFile.Find(directory, BitConverter.ToUInt64(_packed.AsSpan()[^sizeof(ulong)..]), () => new MemoryStream(_packed));
}
