using System.Text.Json;

using Bld.Builder.Engine.Images;
using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine.Sbom;

/// <summary>The formats of a bill of materials.</summary>
internal enum SbomFormat
{
    /// <summary>SPDX 2.3 in JSON.</summary>
    Spdx,

    /// <summary>CycloneDX 1.5 in JSON.</summary>
    CycloneDx,
}

/// <summary>
/// The software in an image, written as an SBOM. It says the same for the same image: no time but the image's own, and no random
/// numbers.
/// </summary>
internal sealed class BillOfMaterials(string name, string id, DateTimeOffset created, IReadOnlyList<SoftwarePackage> packages)
{
    /// <summary>Looks through an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="snapshots">Where its files are.</param>
    /// <param name="warn">Told what could not be read.</param>
    /// <param name="cancellation">Stops it.</param>
    public static BillOfMaterials Scan(PulledImage image, string name, SnapshotStore snapshots, Action<string> warn, CancellationToken cancellation) =>
        Scan(image.Snapshots is [.., var top] ? top : null, name, image.Stored.Id, image.Config.Created ?? DateTimeOffset.UnixEpoch, snapshots, warn, cancellation);

    /// <summary>Looks through the files that an image will have.</summary>
    /// <param name="root">The files; null for none.</param>
    /// <param name="name">What the image is called.</param>
    /// <param name="id">What no other image's SBOM has as its id.</param>
    /// <param name="created">The image's time.</param>
    /// <param name="snapshots">Where the files are.</param>
    /// <param name="warn">Told what could not be read.</param>
    /// <param name="cancellation">Stops it.</param>
    public static BillOfMaterials Scan(
        SnapshotId? root, string name, string id, DateTimeOffset created, SnapshotStore snapshots, Action<string> warn, CancellationToken cancellation)
    {
        using var mount = snapshots.MountReadOnly(root);
        var tree = new ImageTree(mount.Root, cancellation);
        var found = new SystemPackages(tree, warn).Find().Concat(new LanguagePackages(tree, warn).Find());
        return new BillOfMaterials(name, id, created, [.. found.DistinctBy(static each => each.Url).OrderBy(static each => each.Url, StringComparer.Ordinal)]);
    }

    /// <summary>The in-toto predicate type of a format.</summary>
    public static string PredicateType(SbomFormat format) => format == SbomFormat.Spdx ? "https://spdx.dev/Document" : "https://cyclonedx.org/bom";

    /// <summary>The document.</summary>
    public byte[] ToJson(SbomFormat format)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            if (format == SbomFormat.Spdx)
            {
                WriteSpdx(json);
            }
            else
            {
                WriteCycloneDx(json);
            }

            json.WriteEndObject();
        }

        return content.ToArray();
    }

    /// <summary>Only the package URLs, in the form that Buildah writes them.</summary>
    public byte[] ToPackageUrls()
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteStartObject("image_contents");
            json.WriteStartArray("dependencies");
            foreach (var package in packages)
            {
                json.WriteStartObject();
                json.WriteString("purl", package.Url);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return content.ToArray();
    }

    private string Created => created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private void WriteSpdx(Utf8JsonWriter json)
    {
        json.WriteString("spdxVersion", "SPDX-2.3");
        json.WriteString("dataLicense", "CC0-1.0");
        json.WriteString("SPDXID", "SPDXRef-DOCUMENT");
        json.WriteString("name", name);
        json.WriteString("documentNamespace", $"urn:bld:spdx:{id}");
        json.WriteStartObject("creationInfo");
        json.WriteString("created", Created);
        json.WriteStartArray("creators");
        json.WriteStringValue("Tool: bld");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("packages");
        foreach (var package in packages)
        {
            WriteSpdx(json, package);
        }

        json.WriteEndArray();
        json.WriteStartArray("relationships");
        foreach (var package in packages)
        {
            json.WriteStartObject();
            json.WriteString("spdxElementId", "SPDXRef-DOCUMENT");
            json.WriteString("relationshipType", "DESCRIBES");
            json.WriteString("relatedSpdxElement", SpdxId(package));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSpdx(Utf8JsonWriter json, SoftwarePackage package)
    {
        json.WriteStartObject();
        json.WriteString("SPDXID", SpdxId(package));
        json.WriteString("name", package.Name);
        json.WriteString("versionInfo", package.Version);
        json.WriteString("downloadLocation", "NOASSERTION");
        json.WriteBoolean("filesAnalyzed", false);
        json.WriteString("licenseConcluded", "NOASSERTION");

        // A packager's words are no SPDX expression, so they may only stand where any text may.
        json.WriteString("licenseDeclared", "NOASSERTION");
        if (package.License is { } license)
        {
            json.WriteString("licenseComments", $"declared by its package: {license}");
        }

        json.WriteString("copyrightText", "NOASSERTION");
        json.WriteStartArray("externalRefs");
        json.WriteStartObject();
        json.WriteString("referenceCategory", "PACKAGE-MANAGER");
        json.WriteString("referenceType", "purl");
        json.WriteString("referenceLocator", package.Url);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteCycloneDx(Utf8JsonWriter json)
    {
        json.WriteString("bomFormat", "CycloneDX");
        json.WriteString("specVersion", "1.5");
        json.WriteNumber("version", 1);
        json.WriteStartObject("metadata");
        json.WriteString("timestamp", Created);
        json.WriteStartObject("component");
        json.WriteString("type", "container");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("components");
        foreach (var package in packages)
        {
            json.WriteStartObject();
            json.WriteString("type", "library");
            json.WriteString("bom-ref", package.Url);
            json.WriteString("name", package.Name);
            json.WriteString("version", package.Version);
            json.WriteString("purl", package.Url);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // Letters, digits, dots and hyphens only, and each once (SPDX 2.3, 3.2 and 7.2).
    private static string SpdxId(SoftwarePackage package) =>
        $"SPDXRef-Package-{package.Type}-{Digest.Of(System.Text.Encoding.UTF8.GetBytes(package.Url)).Hex[..16]}";
}
