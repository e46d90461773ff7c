namespace Bld.Builder.Engine;

/// <summary>The annotations of an image's manifest (OCI image-spec, "Annotations"): inherited ones, where it comes from, and what was asked for.</summary>
internal static class ImageAnnotations
{
    /// <summary>The annotation that has the image's time.</summary>
    public const string Created = Prefix + "created";

    private const string Prefix = "org.opencontainers.image.";
    private const string BaseName = Prefix + "base.name";
    private const string BaseDigest = Prefix + "base.digest";

    /// <summary>A time as annotations have it.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'");

    /// <summary>All of them by name.</summary>
    public static SortedDictionary<string, string> Of(BuildRequest request, StageResult stage, DateTimeOffset? created)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (request.InheritAnnotations)
        {
            foreach (var (name, value) in stage.Annotations)
            {
                annotations[name] = value;
            }
        }

        // What the base says of its own base and time isn't true of this image.
        annotations.Remove(BaseName);
        annotations.Remove(BaseDigest);
        annotations.Remove(Created);
        if (request.InheritAnnotations && stage.BaseDigest is { } digest)
        {
            annotations[BaseDigest] = digest.ToString();
            if (stage.BaseName is { } name)
            {
                annotations[BaseName] = name;
            }
        }

        if (request.Metadata.CreatedAnnotation && created is { } time)
        {
            annotations[Created] = Text(time);
        }

        foreach (var name in request.Metadata.UnsetAnnotations)
        {
            annotations.Remove(name);
        }

        foreach (var (name, value) in request.Metadata.Annotations)
        {
            annotations[name] = value;
        }

        return annotations;
    }
}
