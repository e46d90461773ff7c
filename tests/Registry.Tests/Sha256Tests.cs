using System.Security.Cryptography;
using System.Text;

namespace Bld.Registry.Tests;

/// <summary>Our own SHA-256, with OpenSSL's and the standard's examples as judges.</summary>
public class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void The_standard_s_examples_have_their_hashes(string text, string hash) => Assert.Equal(hash, Own(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Every_length_around_the_blocks_hashes_as_OpenSSL_hashes_it()
    {
        var random = new Random(1);
        for (var length = 0; length < 400; length++)
        {
            var content = new byte[length];
            random.NextBytes(content);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), Own(content));
        }
    }

    [Fact]
    public void Parts_of_any_size_make_the_hash_of_the_whole_below_and_beyond_what_a_process_hashes_itself()
    {
        var random = new Random(2);
        using var hash = new Sha256Hash();
        foreach (var size in new[] { 0, 1, 1000, 100_000, 600_000, 10, 0 })
        {
            var content = new byte[size];
            random.NextBytes(content);
            for (var at = 0; at < size;)
            {
                var count = Math.Min(random.Next(1, 40_000), size - at);
                hash.Append(content.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(SHA256.HashData(content), hash.GetHashAndReset());
            Assert.Equal(SHA256.HashData(content), Sha256Hash.HashData(content));
        }
    }

    private static string Own(byte[] content)
    {
        Span<byte> hash = stackalloc byte[Sha256Hash.Size];
        Sha256Blocks.HashData(content, hash);
        return Convert.ToHexStringLower(hash);
    }
}
