using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.Sbom;

/// <summary>Where an SBOM goes in the image that it is about.</summary>
/// <param name="Document">Path of the document; null for none.</param>
/// <param name="PackageUrls">Path of the list of package URLs; null for none.</param>
internal sealed record SbomPlaces(string? Document, string? PackageUrls)
{
    /// <summary>Whether it goes there at all.</summary>
    public bool IsAny => Document is not null || PackageUrls is not null;
}

/// <summary>An SBOM's files on their way into the image.</summary>
internal sealed class SbomFiles(StateDirectory state) : IDisposable
{
    private const uint ReadableByAll = 0x1A4;
    private readonly TemporaryDirectory _directory = state.CreateTemporary("sbom");

    /// <summary>Writes them, and says what is to be added to the image, and where it goes.</summary>
    public IReadOnlyList<(string Source, string Destination)> Write(BillOfMaterials bill, SbomFormat format, SbomPlaces places)
    {
        var added = new List<(string Source, string Destination)>();
        Write(added, "document", places.Document, () => bill.ToJson(format));
        Write(added, "urls", places.PackageUrls, bill.ToPackageUrls);
        return added;
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private void Write(List<(string Source, string Destination)> added, string name, string? destination, Func<byte[]> content)
    {
        if (destination is not null)
        {
            var file = $"{_directory.Path}/{name}";
            File.WriteAllBytes(file, content());
            FileCalls.ChangeMode(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(file), ReadableByAll);
            added.Add((file, destination));
        }
    }
}
