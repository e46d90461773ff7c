using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>How an image is written elsewhere.</summary>
internal sealed record PushOptions
{
    /// <summary>What layers that must be compressed are compressed with.</summary>
    public LayerCompression Compression { get; init; } = LayerCompression.Gzip;

    /// <summary>How hard; null for the usual.</summary>
    public int? Level { get; init; }

    /// <summary>Whether layers that are compressed otherwise are compressed anew.</summary>
    public bool Force { get; init; }

    /// <summary>Of a list, the compressions that each of its images is to be had in, beside what it is.</summary>
    public IReadOnlyList<LayerCompression> Variants { get; init; } = [];

    /// <summary>The format; null for the image's own.</summary>
    public ImageFormat? Format { get; init; }

    /// <summary>What is encrypted on the way; null for nothing.</summary>
    public LayerEncryption? Encryption { get; init; }

    /// <summary>Of a list, whether all its images go with it.</summary>
    public bool All { get; init; } = true;

    /// <summary>Told what is being done, a line each.</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Told how far each blob is.</summary>
    public Action<Transfer>? Progress { get; init; }

    /// <summary>The level in use; for gzip that which gives the size of Buildah's layers.</summary>
    public int EffectiveLevel => Level ?? 3;
}
