namespace Bld.Builder.Layers;

/// <summary>How a tarball says that something below is gone (OCI image-spec, "Whiteouts").</summary>
internal static class Whiteout
{
    /// <summary>Before the name of what is deleted.</summary>
    internal static ReadOnlySpan<byte> Prefix => ".wh."u8;

    /// <summary>The name that makes its directory opaque.</summary>
    internal static ReadOnlySpan<byte> Opaque => ".wh..wh..opq"u8;

    /// <summary>Before the names of aufs's own bookkeeping, which old layers still have and which means nothing.</summary>
    internal static ReadOnlySpan<byte> ReservedPrefix => ".wh..wh."u8;
}
