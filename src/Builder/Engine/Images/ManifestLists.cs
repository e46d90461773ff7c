using System.Security.Cryptography;
using System.Text.Json;

using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>The lists of images (OCI: indexes) in the store: made, changed and looked up by name or id.</summary>
internal sealed class ManifestLists(ImageStore images, ListMembers members)
{
    /// <summary>Finds the images that an argument means, to put them in a list.</summary>
    public ListMembers Members { get; } = members;

    /// <summary>A list by name or id; null when there is nothing of that name, or it is an image.</summary>
    public StoredImage? Find(string name) =>
        ImageNames.Candidates(name).Select(images.Find).OfType<StoredImage>().FirstOrDefault() is { IsIndex: true } list ? list : null;

    /// <summary>A list by name or id.</summary>
    /// <exception cref="BuildException">There is none.</exception>
    public StoredImage Get(string name) => Find(name)
        ?? throw new BuildException(
            ImageNames.Candidates(name).Any(candidate => images.Find(candidate) is not null)
                ? $"{name}: image is not a manifest list: make one of it with \"bld manifest create --amend {name}\""
                : $"{name}: image not known: make a list with \"bld manifest create {name}\"");

    /// <summary>Makes an empty list of that name.</summary>
    /// <param name="name">Its name, normalised.</param>
    /// <param name="amend">Whether a list that has the name already will do.</param>
    /// <param name="replace">Whether the name may be taken from what has it.</param>
    public StoredImage Create(string name, bool amend, bool replace)
    {
        if (images.Find(name) is { } known)
        {
            if (amend && known.IsIndex)
            {
                return known;
            }

            if (!replace)
            {
                throw new BuildException(
                    known.IsIndex
                        ? $"the list {name} is there already: add to it with --amend, or make it anew with --replace"
                        : $"the name {name} belongs to an image: choose another, or take it away with --replace");
            }

            if (known is { IsIndex: true, Names.Count: 1 })
            {
                images.Remove(known);
            }
        }

        return Create(name, []);
    }

    /// <summary>Makes a list of an image, which loses its name to the list.</summary>
    /// <param name="image">The image, its first member.</param>
    /// <param name="name">The name, normalised.</param>
    public StoredImage CreateOf(StoredImage image, string name) => Create(name, [Members.Describe(image)]);

    private StoredImage Create(string name, IReadOnlyList<Descriptor> members)
    {
        var list = new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = members };
        return images.AddIndex(list.ToJson(), MediaTypes.OciIndex, [name], RandomNumberGenerator.GetHexString(64, lowercase: true));
    }

    /// <summary>Puts images in a list; one that is there already is replaced.</summary>
    public StoredImage Add(StoredImage list, IReadOnlyList<Descriptor> added) => images.UpdateIndex(
        list,
        index => index with { Manifests = [.. index.Manifests.Where(each => added.All(one => one.Digest != each.Digest)), .. added] });

    /// <summary>Puts a freshly built image in a list in place of the one that it had for the platform.</summary>
    public StoredImage AddBuilt(StoredImage list, Descriptor built) => images.UpdateIndex(
        list,
        index =>
        {
            // In the place of the earlier one, so that building again in another order gives the same list.
            var entries = index.Manifests.ToList();
            var place = entries.FindIndex(each => each.Digest == built.Digest || each.Platform?.ToString() == built.Platform?.ToString());
            if (place < 0)
            {
                entries.Add(built);
            }
            else
            {
                entries[place] = built;
            }

            return index with { Manifests = entries };
        });

    /// <summary>Takes an image out of a list.</summary>
    public StoredImage RemoveMember(StoredImage list, Digest digest) => images.UpdateIndex(
        list,
        index => index.Manifests.Any(each => each.Digest == digest)
            ? index with { Manifests = [.. index.Manifests.Where(each => each.Digest != digest)] }
            : throw NoMember(list, digest));

    /// <summary>Changes the entry of an image in a list.</summary>
    public StoredImage ChangeMember(StoredImage list, Digest digest, Func<Descriptor, Descriptor> change) => images.UpdateIndex(
        list,
        index => index.Manifests.Any(each => each.Digest == digest)
            ? index with { Manifests = [.. index.Manifests.Select(each => each.Digest == digest ? change(each) : each)] }
            : throw NoMember(list, digest));

    /// <summary>Changes the list itself.</summary>
    public StoredImage Change(StoredImage list, Func<ImageIndex, ImageIndex> change) => images.UpdateIndex(list, change);

    /// <summary>The digest of a list's member that an argument means: a digest, the name of an image, or a file of an artifact.</summary>
    public Digest MemberDigest(StoredImage list, string argument)
    {
        if (Digest.TryParse(argument[(argument.IndexOf('@') + 1)..], out var digest))
        {
            return digest;
        }

        var manifests = ImageIndex.Parse(images.ReadManifest(list)).Manifests;
        return ImageNames.Candidates(argument).Select(images.Find).OfType<StoredImage>().FirstOrDefault() is { } image
            && manifests.FirstOrDefault(each => each.Digest == image.ManifestDigest) is { } member ? member.Digest
            : manifests.LastOrDefault(each => IsArtifactOf(each, Path.GetFileName(argument))) is { } artifact ? artifact.Digest
            : throw new BuildException($"the list has no image {argument}: give the digest that \"bld manifest inspect\" shows");
    }

    private bool IsArtifactOf(Descriptor member, string file) =>
        member.ArtifactType is not null && images.HasBlob(member.Digest)
        && ImageManifest.Parse(images.ReadBlob(member.Digest)).Layers.Any(
            layer => layer.Annotations is { } notes && notes.TryGetValue(Artifacts.Title, out var title) && title == file);

    /// <summary>A document for people: indented by four spaces, as Buildah shows it.</summary>
    public static string Pretty(byte[] content)
    {
        using var document = JsonDocument.Parse(content);
        using var text = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentSize = 4,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(text, options))
        {
            document.RootElement.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static BuildException NoMember(StoredImage list, Digest digest) =>
        new($"the list {(list.Names is [var name, ..] ? name : list.Id)} has no image {digest}: \"bld manifest inspect\" shows what it has");
}
