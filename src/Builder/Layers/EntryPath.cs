using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>Names in an archive as paths below the root that it is unpacked to.</summary>
internal static class EntryPath
{
    /// <summary>The kernel's PATH_MAX without the NUL.</summary>
    private const int Longest = 4095;

    /// <summary>
    /// The path without a slash at either end, without empty and <c>.</c> components; empty for the root itself. A leading slash means
    /// the archive's root, as tar programs take it.
    /// </summary>
    /// <exception cref="BuildException">It has a <c>..</c>, a NUL, or is longer than any path.</exception>
    internal static ByteString Normalize(ByteString name)
    {
        var text = name.Span;
        if (text.Length > Longest)
        {
            throw Refused(name.ToString()[..60] + "…", $"its name has {text.Length} bytes, and a path has at most {Longest}");
        }

        if (text.Contains((byte)0))
        {
            throw Refused(name.ToString(), "its name contains a NUL");
        }

        var path = new byte[text.Length];
        var length = 0;
        foreach (var range in text.Split((byte)'/'))
        {
            var component = text[range];
            if (component.IsEmpty || component.SequenceEqual("."u8))
            {
                continue;
            }

            if (component.SequenceEqual(".."u8))
            {
                throw Refused(name.ToString(), "its name contains '..'");
            }

            if (length > 0)
            {
                path[length++] = (byte)'/';
            }

            component.CopyTo(path.AsSpan(length));
            length += component.Length;
        }

        return length == path.Length ? ByteString.Adopt(path) : new ByteString(path.AsSpan(0, length));
    }

    internal static BuildException Refused(string entry, string reason) => new($"the archive's entry '{entry}' is refused: {reason}");
}
