namespace Bld.Registry;

/// <summary>The digest of a layer's uncompressed tarball (OCI image-spec, "Layer DiffID").</summary>
public readonly record struct DiffId(Digest Digest)
{
    /// <inheritdoc cref="Bld.Registry.Digest.TryParse"/>
    public static bool TryParse(string? text, out DiffId id)
    {
        var valid = Digest.TryParse(text, out var digest);
        id = new DiffId(digest);
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Digest.ToString();
}
