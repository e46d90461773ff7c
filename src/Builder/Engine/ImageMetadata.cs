namespace Bld.Builder.Engine;

/// <summary>What command lines say of an image that is made, by a build or of a container, besides what is in it.</summary>
internal sealed record ImageMetadata
{
    /// <summary>Annotations of the manifest.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Annotations { get; init; } = [];

    /// <summary>Whether the manifest is annotated with the image's time.</summary>
    public bool CreatedAnnotation { get; init; } = true;

    /// <summary>Whether the image is labelled with the program that made it.</summary>
    public bool IdentityLabel { get; init; }

    /// <summary>Whether the image's history is left out.</summary>
    public bool OmitHistory { get; init; }

    /// <summary>Annotations that are taken out.</summary>
    public IReadOnlyList<string> UnsetAnnotations { get; init; } = [];

    /// <summary>Names taken out of the environment at the end.</summary>
    public IReadOnlyList<string> UnsetEnvironment { get; init; } = [];

    /// <summary>Labels that are taken out.</summary>
    public IReadOnlyList<string> UnsetLabels { get; init; } = [];
}
