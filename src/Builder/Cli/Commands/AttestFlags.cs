using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary>What a provenance tells besides the usual.</summary>
/// <param name="ShowsArguments">The values of the build's arguments, in which people put secrets.</param>
/// <param name="Builder">Who says that it has built the image, a URI; null is bld itself.</param>
internal sealed record ProvenanceFlag(bool ShowsArguments, string? Builder);

/// <summary>
/// What Docker's <c>build</c> asks to claim about an image: <c>--attest type=sbom|provenance,…</c>, and <c>--provenance</c> and <c>--sbom</c>,
/// which stand for it and count before it.
/// </summary>
internal static class AttestFlags
{
    /// <summary>All but those of the SBOM.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("attest", FlagKind.List, "attest what the image holds or how it came to be, as Docker has it: type=sbom or type=provenance[,mode=min|max][,builder-id=URI]"),
        new("provenance", FlagKind.Text, "attest how the image came to be (SLSA): true, mode=min, mode=max (with the build's arguments), builder-id=URI, false", Implied: "true"),
    ];

    /// <summary>The provenance that is wanted; null when none is.</summary>
    /// <exception cref="UsageException">The flags ask for what can't be had.</exception>
    public static ProvenanceFlag? Provenance(ParsedFlags flags) => flags.Text("provenance") switch
    {
        null => Find(flags, "provenance") is { } attributes ? Provenance("--attest type=provenance", attributes) : null,
        "true" => new ProvenanceFlag(ShowsArguments: false, null),
        "false" => null,
        var text when text.Contains('=') => Provenance($"--provenance={text}", BudOutput.Attributes(text)),
        var other => throw new UsageException($"--provenance={other} is not known: use true, mode=min, mode=max or false"),
    };

    /// <summary>Whether an <c>--attest</c> wants an SBOM.</summary>
    /// <exception cref="UsageException">It asks for what can't be had.</exception>
    public static bool WantSbom(ParsedFlags flags) => Find(flags, "sbom") is { } attributes
        && (attributes.Keys.FirstOrDefault(static name => name is not ("type" or "disabled")) is { } unknown
            ? throw new UsageException($"--attest type=sbom,{unknown}=…: bld runs no scanner; it looks through images itself: leave {unknown} out")
            : !IsDisabled(attributes));

    private static ProvenanceFlag? Provenance(string shown, Dictionary<string, string> attributes)
    {
        foreach (var (name, value) in attributes)
        {
            var isKnown = name switch
            {
                "type" or "builder-id" => true,
                "mode" => value is "min" or "max",
                "version" => value == "v1",
                "disabled" => value is "true" or "false",
                _ => false,
            };
            if (!isKnown)
            {
                throw new UsageException($"{shown}: {name}={value} is not known: there are mode=min, mode=max, builder-id=URI, version=v1 and disabled=true");
            }
        }

        return IsDisabled(attributes) ? null : new ProvenanceFlag(attributes.GetValueOrDefault("mode") == "max", attributes.GetValueOrDefault("builder-id"));
    }

    // The last of a kind counts.
    private static Dictionary<string, string>? Find(ParsedFlags flags, string kind)
    {
        Dictionary<string, string>? found = null;
        foreach (var text in flags.List("attest"))
        {
            var attributes = BudOutput.Attributes(text);
            switch (attributes.GetValueOrDefault("type"))
            {
                case var type when type == kind:
                    found = attributes;
                    break;
                case not ("sbom" or "provenance"):
                    throw new UsageException($"--attest {text}: there are type=sbom and type=provenance");
            }
        }

        return found;
    }

    private static bool IsDisabled(Dictionary<string, string> attributes) => attributes.GetValueOrDefault("disabled") == "true";
}
