using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>What a layer's tarball is.</summary>
/// <param name="DiffId">Its SHA-256.</param>
/// <param name="Size">Its length in bytes.</param>
internal sealed record LayerDigest(DiffId DiffId, long Size);

/// <summary>What may make a tarball differ from its snapshot. Part of a layer's identity: store what was used.</summary>
/// <param name="ClampTime">Later modification times become this one (SOURCE_DATE_EPOCH).</param>
/// <param name="FixedTime">Every modification time becomes this one (<c>--timestamp</c>).</param>
internal sealed record LayerOptions(FileTime? ClampTime = null, FileTime? FixedTime = null)
{
    internal static LayerOptions Default { get; } = new();

    /// <summary>The time to write for a file's time: whole seconds, rounded down.</summary>
    internal FileTime TimeFor(FileTime time)
    {
        if (FixedTime is { } @fixed)
        {
            time = @fixed;
        }
        else if (ClampTime is { } clamp && time > clamp)
        {
            time = clamp;
        }

        return new FileTime(time.Seconds, 0);
    }
}
