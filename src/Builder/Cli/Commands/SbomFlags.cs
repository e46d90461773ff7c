using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Sbom;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags about an image's SBOM. bld looks through images itself: of Buildah's scanners only the format is taken.</summary>
internal static class SbomFlags
{
    private const string Formats = "spdx or cyclonedx, or the name of a scanner that Buildah knows, whose format is used";

    private static readonly string[] Presets = ["syft", "syft-cyclonedx", "syft-spdx", "trivy", "trivy-cyclonedx", "trivy-spdx"];

    /// <summary>Those of <c>bld bud</c>, where <c>--sbom</c> alone is enough.</summary>
    public static IReadOnlyList<Flag> OfBuild { get; } = Make("true");

    /// <summary>Those of <c>bld commit</c>.</summary>
    public static IReadOnlyList<Flag> OfCommit { get; } = Make(null);

    /// <summary>The format that is wanted; null when no SBOM is.</summary>
    /// <exception cref="UsageException">The flags ask for what can't be had.</exception>
    public static SbomFormat? Read(ParsedFlags flags)
    {
        foreach (var name in (string[])["sbom-scanner-image", "sbom-scanner-command"])
        {
            if (flags.Has(name))
            {
                throw new UsageException($"--{name}: bld runs no scanner; it looks through images itself, so use --sbom=spdx or --sbom=cyclonedx");
            }
        }

        if (flags.Text("sbom-merge-strategy") is { } strategy
            && strategy is not ("cat" or "merge-cyclonedx-by-component-name-and-version" or "merge-spdx-by-package-name-and-versioninfo"))
        {
            throw new UsageException($"--sbom-merge-strategy {strategy} is not known: use cat, merge-cyclonedx-by-component-name-and-version or merge-spdx-by-package-name-and-versioninfo");
        }

        var format = Format(flags.Text("sbom") ?? (AttestFlags.WantSbom(flags) ? "spdx" : null));
        var output = OfCommit.FirstOrDefault(flag => flag.Name.EndsWith("output") && flags.Has(flag.Name));
        return format is null && output is not null ? throw new UsageException($"--{output.Name} needs --sbom") : format;
    }

    /// <summary>Writes the files of the host that the command line names, and says what to keep beside the image.</summary>
    public static Attestation Write(ParsedFlags flags, BillOfMaterials bill, SbomFormat format)
    {
        var document = bill.ToJson(format);
        if (flags.Text("sbom-output") is { Length: > 0 } file)
        {
            HostFile.Write(file, document);
        }

        if (flags.Text("sbom-purl-output") is { Length: > 0 } urls)
        {
            HostFile.Write(urls, bill.ToPackageUrls());
        }

        return new Attestation(BillOfMaterials.PredicateType(format), document);
    }

    /// <summary>Where it goes in the image.</summary>
    public static SbomPlaces Places(ParsedFlags flags) => new(Path(flags, "sbom-image-output"), Path(flags, "sbom-image-purl-output"));

    private static string? Path(ParsedFlags flags, string name) => flags.Text(name) is { Length: > 0 } path ? path : null;

    private static SbomFormat? Format(string? text) => text switch
    {
        null or "" or "false" => null,
        "true" or "spdx" or "syft-spdx" or "trivy-spdx" => SbomFormat.Spdx,
        "cyclonedx" or "syft" or "syft-cyclonedx" or "trivy" or "trivy-cyclonedx" => SbomFormat.CycloneDx,
        var other => throw new UsageException($"--sbom={other} is not known: bld looks through images itself, so use --sbom=spdx or --sbom=cyclonedx"),
    };

    private static List<Flag> Make(string? implied) =>
    [
        new("sbom", FlagKind.Text, $"attest what software the image holds: {Formats}", Implied: implied, Presets: Presets),
        new("sbom-image-output", FlagKind.Text, "path in the image that gets the SBOM too"),
        new("sbom-image-purl-output", FlagKind.Text, "path in the image that gets the list of package URLs"),
        new("sbom-merge-strategy", FlagKind.Text, "accepted without effect: there is one SBOM, so nothing to merge"),
        new("sbom-output", FlagKind.File, "file that gets the SBOM too"),
        new("sbom-purl-output", FlagKind.File, "file that gets the list of package URLs"),
        new("sbom-scanner-command", FlagKind.List, "refused: bld looks through images itself"),
        new("sbom-scanner-image", FlagKind.Text, "refused: bld looks through images itself"),
    ];
}
