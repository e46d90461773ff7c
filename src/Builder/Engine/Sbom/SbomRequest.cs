namespace Bld.Builder.Engine.Sbom;

/// <summary>An SBOM that a build puts into its image.</summary>
/// <param name="Format">Its format.</param>
/// <param name="Name">What the image is called; null for nothing.</param>
/// <param name="Places">Where it goes.</param>
/// <param name="Warn">Told what could not be read.</param>
internal sealed record SbomRequest(SbomFormat Format, string? Name, SbomPlaces Places, Action<string> Warn);
