using System.Text.Json;

namespace Bld.Registry;

/// <summary>
/// A directory that is an OCI image layout (image-spec, "Image Layout"): <c>oci-layout</c>, <c>index.json</c>, <c>blobs/</c>.
/// Files are published by a rename, so a reader never sees a part of one; the index is changed under the directory's lock, so that of
/// several writers none loses what another has added.
/// </summary>
public sealed class OciLayout
{
    /// <summary>The annotation that gives a manifest its name in a layout.</summary>
    public const string ReferenceName = "org.opencontainers.image.ref.name";

    private const string IndexName = "index.json";

    private OciLayout(string path) => Path = path;

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Opens a layout that is there.</summary>
    /// <exception cref="RegistryException">It is none.</exception>
    public static OciLayout Open(string path) =>
        File.Exists($"{path}/{IndexName}")
            ? new OciLayout(path)
            : throw new RegistryException($"{path} is not an OCI image layout: it has no {IndexName}");

    /// <summary>Opens a layout, or makes an empty one; the directory may be there.</summary>
    public static OciLayout OpenOrCreate(string path)
    {
        Directory.CreateDirectory($"{path}/blobs/sha256");
        var layout = new OciLayout(path);
        if (!File.Exists($"{path}/oci-layout"))
        {
            layout.Publish("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"u8);
        }

        if (File.Exists($"{path}/{IndexName}"))
        {
            return layout;
        }

        // Looked for again: whoever held the lock may have made it, with an image in it.
        using (LayoutLock.Take(path))
        {
            if (!File.Exists($"{path}/{IndexName}"))
            {
                layout.WriteIndex(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [] });
            }
        }

        return layout;
    }

    /// <summary>The manifests of the layout.</summary>
    /// <exception cref="RegistryException">The index can't be read.</exception>
    public ImageIndex ReadIndex()
    {
        try
        {
            return ImageIndex.Parse(File.ReadAllBytes($"{Path}/{IndexName}"));
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new RegistryException($"cannot read {Path}/{IndexName}: {exception.Message}", exception);
        }
    }

    /// <summary>The manifest with a name; without one, the only manifest.</summary>
    /// <exception cref="RegistryException">There is none, or it isn't clear which is meant.</exception>
    public Descriptor Find(string? name) => Choose(ReadIndex(), name, $"oci:{Path}");

    /// <summary>The manifest of a layout's index that a name means; without one, the only manifest.</summary>
    /// <param name="index">The layout's index.</param>
    /// <param name="name">The name, <c>@0</c> for a place in the index, or <c>@sha256:…</c>.</param>
    /// <param name="layout">The layout as a reference names it, for errors.</param>
    /// <exception cref="RegistryException">There is none, or it isn't clear which is meant.</exception>
    internal static Descriptor Choose(ImageIndex index, string? name, string layout)
    {
        var manifests = index.Manifests;
        if (name is null)
        {
            return manifests.Count == 1
                ? manifests[0]
                : throw new RegistryException($"{layout} holds {manifests.Count} images: say which by {layout}:NAME");
        }

        if (name.StartsWith('@') && int.TryParse(name.AsSpan(1), out var place) && place >= 0 && place < manifests.Count)
        {
            return manifests[place];
        }

        if (name.StartsWith('@'))
        {
            return manifests.FirstOrDefault(each => each.Digest.ToString() == name[1..]) ?? throw new RegistryException($"no image {name[1..]} in {layout}");
        }

        return manifests.FirstOrDefault(each => each.Annotations?.GetValueOrDefault(ReferenceName) == name)
            ?? throw new RegistryException($"no image named \"{name}\" in {layout}");
    }

    /// <summary>Gives a manifest a name, which it takes from whatever had it.</summary>
    public void Add(Descriptor manifest, string? name)
    {
        using var held = LayoutLock.Take(Path);
        var others = ReadIndex().Manifests.Where(each =>
            name is null ? each.Digest != manifest.Digest : each.Annotations?.GetValueOrDefault(ReferenceName) != name);
        var annotations = name is null ? null : new SortedDictionary<string, string>(StringComparer.Ordinal) { [ReferenceName] = name };
        WriteIndex(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [.. others, manifest with { Annotations = annotations }] });
    }

    /// <summary>Makes a manifest the only one, and removes those that were there.</summary>
    public void Replace(Descriptor manifest)
    {
        using var held = LayoutLock.Take(Path);
        var earlier = ReadIndex().Manifests;
        WriteIndex(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [manifest] });
        foreach (var old in earlier.Where(old => old.Digest != manifest.Digest))
        {
            File.Delete(BlobPath(old.Digest));
        }
    }

    /// <summary>Whether a blob is there.</summary>
    public bool HasBlob(Digest digest) => File.Exists(BlobPath(digest));

    /// <summary>A blob to read. Its content isn't verified.</summary>
    /// <exception cref="RegistryException">It is not there.</exception>
    public Stream OpenBlob(Digest digest)
    {
        try
        {
            return new FileStream(BlobPath(digest), FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RegistryException($"the blob {digest} is missing in {Path}", exception);
        }
    }

    /// <summary>Writes a blob whose bytes are at hand.</summary>
    public void WriteBlob(Digest digest, ReadOnlySpan<byte> content)
    {
        if (!HasBlob(digest))
        {
            Publish($"blobs/{digest.Algorithm}/{digest.Hex}", content);
        }
    }

    /// <summary>Writes a blob whose digest its producer finds while writing.</summary>
    /// <param name="produce">Writes the bytes and returns their digest.</param>
    public Digest WriteBlob(Func<Stream, Digest> produce)
    {
        var temporary = $"{Path}/blobs/.{Guid.NewGuid():N}";
        try
        {
            Digest digest;
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                digest = produce(file);
                file.Flush(flushToDisk: true);
            }

            Directory.CreateDirectory($"{Path}/blobs/{digest.Algorithm}");
            File.Move(temporary, BlobPath(digest), overwrite: true);
            return digest;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private string BlobPath(Digest digest) => $"{Path}/blobs/{digest.Algorithm}/{digest.Hex}";

    private void WriteIndex(ImageIndex index) => Publish(IndexName, index.ToJson());

    private void Publish(string name, ReadOnlySpan<byte> content)
    {
        var temporary = $"{Path}/.{Guid.NewGuid():N}";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, $"{Path}/{name}", overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
