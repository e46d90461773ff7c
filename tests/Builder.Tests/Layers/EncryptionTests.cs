using System.Security.Cryptography;

using Bld.Builder.Layers.Encryption;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Registry;

namespace Bld.Builder.Tests.Layers;

public sealed class EncryptionTests : IDisposable
{
    private static readonly Digest Ciphertext = Digest.Of("ciphertext"u8);
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    /// <summary>NIST SP 800-38A, F.5.5.</summary>
    [Fact]
    public void The_counter_mode_is_the_standards()
    {
        using var cipher = new CounterCipher(
            Convert.FromHexString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
        var text = Convert.FromHexString(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        cipher.Apply(text.AsSpan(0, 5));
        cipher.Apply(text.AsSpan(5));
        Assert.Equal(
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
            Convert.ToHexStringLower(text));
    }

    [Fact]
    public void The_highest_counter_is_followed_by_zero()
    {
        var key = new byte[32];
        using var cipher = new CounterCipher(key, Convert.FromHexString("ffffffffffffffffffffffffffffffff"));
        var mask = new byte[32];
        cipher.Apply(mask);
        using var aes = Aes.Create();
        aes.Key = key;
        Assert.Equal(aes.EncryptEcb([.. Enumerable.Repeat((byte)0xff, 16), .. new byte[16]], PaddingMode.None), mask);
    }

    /// <summary>RFC 3394, 4.6.</summary>
    [Fact]
    public void A_wrapped_key_is_the_standards_and_opens_with_its_key_only()
    {
        byte[] wrapping = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];
        var key = Convert.FromHexString("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
        var wrapped = AesKeyWrap.Wrap(wrapping, key);
        Assert.Equal("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21", Convert.ToHexString(wrapped));
        Assert.Equal(key, AesKeyWrap.TryUnwrap(wrapping, wrapped));
        wrapping[0]++;
        Assert.Null(AesKeyWrap.TryUnwrap(wrapping, wrapped));
        Assert.Null(AesKeyWrap.TryUnwrap(wrapping, wrapped.AsSpan(0, 12)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(1_000_003)]
    public void A_layer_is_read_as_it_was_written_and_not_when_a_bit_of_it_changed(int length)
    {
        var data = RandomNumberGenerator.GetBytes(length);
        var secret = LayerSecret.Create();
        using var ciphertext = new MemoryStream();
        byte[] hmac;
        using (var encrypting = new EncryptingStream(ciphertext, secret))
        {
            encrypting.Write(data.AsSpan(0, length / 3));
            encrypting.Write(data.AsSpan(length / 3));
            hmac = encrypting.Finish();
        }

        var bytes = ciphertext.ToArray();
        Assert.Equal(length, bytes.Length);
        Assert.Equal(data, Decrypt(bytes, new OpenedLayer(secret, hmac)));
        if (length > 0)
        {
            bytes[length / 2] ^= 1;
            Assert.Contains("its HMAC is wrong", Assert.Throws<BuildException>(() => Decrypt(bytes, new OpenedLayer(secret, hmac))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("openssl genrsa -out k 2048", "")]
    [InlineData("openssl genrsa -traditional -out k 2048", "")]
    [InlineData("openssl ecparam -name prime256v1 -genkey -out k", "")]
    [InlineData("openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out k", "")]
    [InlineData("openssl ecparam -name secp521r1 -genkey -noout -out k", "")]
    [InlineData("openssl genrsa 2048 | openssl pkey -outform DER -out k", "")]
    [InlineData("openssl genrsa -aes256 -passout pass:open -out k 2048", ":pass=open")]
    [InlineData("openssl genrsa -traditional -aes128 -passout pass:open -out k 2048", ":open")]
    [InlineData("openssl genrsa -traditional -des3 -passout pass:open -out k 2048", ":file=word")]
    [InlineData("openssl ecparam -name prime256v1 -genkey -noout | openssl ec -aes192 -passout pass:open -out k", ":pass=open")]
    public void A_secret_that_was_wrapped_for_a_key_is_unwrapped_with_it_and_with_no_other(string make, string passphrase)
    {
        Programs.Shell($"{{ {make}; }} 2>&1 && openssl pkey -in k -passin pass:open -pubout -out k.pub && openssl genrsa -out other 2048 2>&1 && openssl pkey -in other -pubout -out other.pub && echo open > word", _place.Path);
        var secret = LayerSecret.Create();
        var plain = new Descriptor { MediaType = MediaTypes.OciLayerGzip, Digest = Digest.Of("plain"u8), Size = 5 };
        var layer = EncryptedLayer.Describe(plain, Ciphertext, secret, [1, 2, 3], [Public("other.pub"), Public("k.pub")]);
        Assert.Equal(MediaTypes.OciLayerGzip + "+encrypted", layer.MediaType);

        var key = DecryptionKey.Read(_place.At("k") + passphrase.Replace("file=", $"file={_place.Path}/", StringComparison.Ordinal));
        var opened = EncryptedLayer.Open(layer, [key]);
        Assert.Equal(secret.Key, opened.Secret.Key);
        Assert.Equal(secret.Nonce, opened.Secret.Nonce);
        Assert.Equal([1, 2, 3], opened.Hmac);
        Assert.Equal(plain, EncryptedLayer.DescribePlain(layer, plain.Digest, plain.Size));

        var forOther = EncryptedLayer.Describe(plain, Ciphertext, secret, [1, 2, 3], [Public("other.pub")]);
        Assert.Equal(
            $"decrypting layer {Ciphertext}: none of the private keys could be used for decryption: it was encrypted for others than --decryption-key names",
            Assert.Throws<BuildException>(() => EncryptedLayer.Open(forOther, [key])).Message);
        if (passphrase.Length > 0)
        {
            var wrong = Assert.Throws<BuildException>(() => DecryptionKey.Read(_place.At("k") + ":pass=secretword")).Message;
            Assert.Contains("Wrong password", wrong, StringComparison.Ordinal);
            Assert.DoesNotContain("secretword", wrong, StringComparison.Ordinal);
            Assert.Contains("Missing password", Assert.Throws<BuildException>(() => DecryptionKey.Read(_place.At("k"))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Broken_annotations_are_said_to_be_so()
    {
        Programs.Shell("openssl genrsa -out k 2048 2>&1 && openssl pkey -in k -pubout -out k.pub", _place.Path);
        var key = DecryptionKey.Read(_place.At("k"));
        var plain = new Descriptor { MediaType = MediaTypes.OciLayer, Digest = Ciphertext, Size = 5 };
        var layer = EncryptedLayer.Describe(plain, Ciphertext, LayerSecret.Create(), [1], [Public("k.pub")]);
        foreach (var name in layer.Annotations!.Keys)
        {
            foreach (var value in (string[])["{", "e30=", "bnVsbA==", "eyJwcm90ZWN0ZWQiOiJlMzAifQ=="])
            {
                var broken = layer with { Annotations = new(layer.Annotations, StringComparer.Ordinal) { [name] = value } };
                Assert.Contains("its annotations are damaged", Assert.Throws<BuildException>(() => EncryptedLayer.Open(broken, [key])).Message, StringComparison.Ordinal);
            }
        }

        var pgp = layer with { Annotations = new(StringComparer.Ordinal) { ["org.opencontainers.image.enc.keys.pgp"] = "" } };
        Assert.Contains("wrapped by pgp", Assert.Throws<BuildException>(() => EncryptedLayer.Open(pgp, [key])).Message, StringComparison.Ordinal);
        Assert.Contains("no annotation", Assert.Throws<BuildException>(() => EncryptedLayer.Open(plain, [key])).Message, StringComparison.Ordinal);
    }

    private static byte[] Decrypt(byte[] ciphertext, OpenedLayer opened)
    {
        using var stream = new DecryptingStream(new MemoryStream(ciphertext), opened, Ciphertext);
        using var plain = new MemoryStream();
        stream.CopyTo(plain, 7_001);
        return plain.ToArray();
    }

    private RecipientKey Public(string name) => RecipientKey.Read($"jwe:{_place.At(name)}");
}
