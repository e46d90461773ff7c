namespace Bld.EndToEnd.Tests;

/// <summary>Short commands load no library that costs them more than it does for them; the loader itself tells which it loads.</summary>
public sealed class LoadedLibraryTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_scripted_build_and_a_cached_one_load_no_OpenSSL()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nCOPY file /file\nRUN --network=none true\n");
        _home.Write("context/file", "content");
        _home.Succeed("bud", "-q", _home.In("context"));

        Assert.DoesNotContain("libcrypto", Libraries("bud", "-q", _home.In("context")), StringComparison.Ordinal);
        Assert.DoesNotContain("libcrypto", Libraries("from", "--name", "c", "localhost/busybox"), StringComparison.Ordinal);
        Assert.DoesNotContain("libcrypto", Libraries("copy", "-q", "c", _home.In("context/file"), "/copied"), StringComparison.Ordinal);
        Assert.DoesNotContain("libcrypto", Libraries("commit", "-q", "c", "result"), StringComparison.Ordinal);
    }

    [Fact]
    public void Much_to_hash_is_hashed_by_OpenSSL()
    {
        _home.Write("context/Dockerfile", "FROM scratch\nCOPY file /file\n");
        File.WriteAllBytes(_home.In("context/file"), new byte[2_000_000]);

        Assert.Contains("libcrypto", Libraries("bud", "-q", _home.In("context")), StringComparison.Ordinal);
    }

    /// <summary>What the loader says of a command's libraries (ld.so(8), LD_DEBUG).</summary>
    private string Libraries(params string[] arguments)
    {
        var folder = Directory.CreateDirectory(_home.In($"loader-{Guid.NewGuid():N}")).FullName;
        BldHome.Peer("env", ["LD_DEBUG=files", $"LD_DEBUG_OUTPUT={folder}/of", BldHome.Executable, .. _home.Globals, .. arguments]);
        var said = string.Concat(Directory.EnumerateFiles(folder).Select(File.ReadAllText));
        Assert.Contains("libc.so", said, StringComparison.Ordinal);
        return said;
    }
}
