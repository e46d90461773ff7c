using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>What an artifact is made of (OCI image-spec, "Guidelines for Artifact Usage").</summary>
/// <param name="files">Its files, a layer each.</param>
internal sealed class ArtifactRequest(IReadOnlyList<string> files)
{
    /// <summary>Its files, a layer each.</summary>
    public IReadOnlyList<string> Files { get; } = files;

    /// <summary>What sort of thing it is; null for nothing in particular.</summary>
    public string? Type { get; init; }

    /// <summary>File of its configuration; null for none.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Media type of the configuration.</summary>
    public required string ConfigType { get; init; }

    /// <summary>Media type of the files.</summary>
    public required string LayerType { get; init; }

    /// <summary>Whether each file's name becomes its layer's title.</summary>
    public bool HasTitles { get; init; } = true;

    /// <summary>What it is about; null for nothing.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>Annotations of its manifest.</summary>
    public SortedDictionary<string, string>? Annotations { get; init; }
}

/// <summary>Brings files into the store as artifacts, for lists to speak of.</summary>
internal sealed class Artifacts(ImageStore images)
{
    /// <summary>The annotation of a layer that tells its file's name.</summary>
    public const string Title = "org.opencontainers.image.title";

    /// <summary>Makes an artifact and gives its entry of a list.</summary>
    public Descriptor Add(ArtifactRequest request)
    {
        var type = request.Type ?? "application/vnd.unknown.artifact.v1";
        var layers = request.Files.Select(file => AddFile(file, request)).ToList();
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            ArtifactType = type,
            Config = AddConfig(request),

            // "If no content is needed, the empty descriptor": a list of layers must not be empty.
            Layers = layers.Count > 0 ? layers : [AddEmpty()],
            Subject = request.Subject,
            Annotations = request.Annotations,
        };
        var raw = new RawManifest(manifest.ToJson(), MediaTypes.OciManifest);
        images.AddDocument(raw.Content);
        return raw.ToDescriptor() with { ArtifactType = type };
    }

    private Descriptor AddConfig(ArtifactRequest request)
    {
        if (request.ConfigFile is not { } file)
        {
            return AddEmpty() with { MediaType = request.ConfigType };
        }

        var bytes = File.ReadAllBytes(file);
        images.AddDocument(bytes);
        return new Descriptor { MediaType = request.ConfigType, Digest = Digest.Of(bytes), Size = bytes.Length };
    }

    private Descriptor AddEmpty()
    {
        images.AddDocument("{}"u8);
        return new Descriptor { MediaType = MediaTypes.OciEmpty, Digest = Digest.Of("{}"u8), Size = 2 };
    }

    private Descriptor AddFile(string path, ArtifactRequest request)
    {
        using var blob = images.CreateBlob();
        using var hashed = new HashingStream(blob.Content, leaveOpen: true);
        using (var file = File.OpenRead(path))
        {
            file.CopyTo(hashed, 1 << 17);
        }

        var (size, digest) = (hashed.Length, hashed.Finish());
        blob.Publish(digest);
        return new Descriptor
        {
            MediaType = request.LayerType,
            Digest = digest,
            Size = size,
            Annotations = request.HasTitles ? new SortedDictionary<string, string>(StringComparer.Ordinal) { [Title] = Path.GetFileName(path) } : null,
        };
    }
}
