using System.Text.Json;

using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.SourceImages;

/// <summary>
/// A source image: an OCI artifact that holds sources as gzip-compressed tarballs. It lies in a directory that is an OCI layout with
/// this one manifest, whose configuration says when it was made and by whom.
/// </summary>
internal sealed class SourceLayout
{
    /// <summary>The media type by which a source image is known.</summary>
    public const string ConfigType = "application/vnd.oci.source.image.config.v1+json";

    private readonly OciLayout _layout;

    private SourceLayout(OciLayout layout) => _layout = layout;

    /// <summary>Makes one without sources. The directory appears when it is complete.</summary>
    /// <exception cref="BuildException">Something is there already.</exception>
    public static void Create(string path, string? author, DateTimeOffset? created)
    {
        using var place = NewDirectory.Begin(path, "creating source image");
        var layout = OciLayout.OpenOrCreate(place.Path);
        var config = Config(author, created);
        var descriptor = new Descriptor { MediaType = ConfigType, Digest = Digest.Of(config), Size = config.Length };
        layout.WriteBlob(descriptor.Digest, config);
        Publish(layout, new ImageManifest { MediaType = MediaTypes.OciManifest, Config = descriptor, Layers = [] });
        place.Publish();
    }

    /// <summary>Opens one.</summary>
    /// <exception cref="BuildException">It is another kind of image.</exception>
    /// <exception cref="RegistryException">It is no layout.</exception>
    public static SourceLayout Open(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new BuildException($"there is no source image at {path}; bld source create {path} makes one");
        }

        var source = new SourceLayout(OciLayout.Open(path));
        source.ReadManifest();
        return source;
    }

    /// <summary>The manifest.</summary>
    /// <exception cref="BuildException">The image is of another kind.</exception>
    public ImageManifest ReadManifest()
    {
        using var stream = _layout.OpenBlob(_layout.Find(null).Digest);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return Check(content.ToArray(), _layout.Path);
    }

    /// <summary>What a document says, if it is a source image's manifest.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public static ImageManifest Check(byte[] document, string where)
    {
        try
        {
            return ImageManifest.Parse(document) is { } manifest && manifest.Config.MediaType == ConfigType
                ? manifest
                : throw new BuildException($"{where} is no source image: its configuration is not of the type {ConfigType}");
        }
        catch (JsonException exception)
        {
            throw new BuildException($"{where} is no source image: {exception.Message}", exception);
        }
    }

    /// <summary>The layout as a place to read an image from.</summary>
    public IImageSource AsSource() => new LayoutSource(_layout, null);

    /// <summary>Adds a file or a directory's contents. An archive is taken as it is, and compressed if it isn't.</summary>
    /// <param name="artifact">Its path.</param>
    /// <param name="annotations">Annotations of the layer.</param>
    /// <param name="state">Where there is room for work.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BuildException">There is no such file.</exception>
    public void Add(string artifact, SortedDictionary<string, string>? annotations, StateDirectory state, CancellationToken cancellation)
    {
        if (!Path.Exists(artifact))
        {
            throw new BuildException($"cannot add {artifact} to the source image {_layout.Path}: there is no such file");
        }

        long size = 0;
        var digest = _layout.WriteBlob(target =>
        {
            using var hashing = new SourceBlobStream(target);
            SourceArchive.Write(artifact, hashing, state, cancellation);
            size = target.Length;
            return hashing.Finish();
        });
        var manifest = ReadManifest();
        var layer = new Descriptor { MediaType = MediaTypes.OciLayerGzip, Digest = digest, Size = size, Annotations = annotations };
        Publish(_layout, manifest with { Layers = [.. manifest.Layers ?? [], layer] });
    }

    private static void Publish(OciLayout layout, ImageManifest manifest)
    {
        var json = manifest.ToJson();
        var digest = Digest.Of(json);
        layout.WriteBlob(digest, json);
        layout.Replace(new Descriptor { MediaType = MediaTypes.OciManifest, Digest = digest, Size = json.Length });
    }

    private static byte[] Config(string? author, DateTimeOffset? created)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (created is { } time)
            {
                writer.WriteString("created", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"));
            }

            if (author is { Length: > 0 })
            {
                writer.WriteString("author", author);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
