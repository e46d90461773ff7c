using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Tests;

public sealed class ByteStringTests
{
    [Fact]
    public void Any_bytes_come_back_from_the_text_that_patterns_see()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            // Long enough for whole characters of several bytes to come about, and to be cut.
            var bytes = new byte[random.Next(12)];
            random.NextBytes(bytes);
            byte[] mixed = [.. bytes, .. Encoding.UTF8.GetBytes("é€💀"), .. bytes.AsSpan(bytes.Length / 2)];
            Assert.Equal(mixed, ByteString.From(new ByteString(mixed).ToPath()).Span.ToArray());
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("é€💀")]
    public void Text_is_itself(string text)
    {
        Assert.Equal(Encoding.UTF8.GetBytes(text), ByteString.From(text).Span.ToArray());
        Assert.Equal(text, ByteString.From(text).ToPath());
    }
}
