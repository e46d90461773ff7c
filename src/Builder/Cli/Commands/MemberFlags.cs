using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags that say what a list says about one of its images.</summary>
internal static class MemberFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("annotation", FlagKind.List, "annotation of the entry, as name=value"),
        new("arch", FlagKind.Text, "architecture of the image"),
        new("features", FlagKind.List, "CPU features that the image needs"),
        new("os", FlagKind.Text, "operating system of the image"),
        new("os-features", FlagKind.List, "features of the operating system that the image needs"),
        new("os-version", FlagKind.Text, "version of the operating system that the image needs"),
        new("variant", FlagKind.Text, "variant of the architecture"),
    ];

    /// <summary>What to choose from an image that is a list itself.</summary>
    public static Platform Chosen(ParsedFlags flags) => RegistryFlags.ReadPlatform(flags);

    /// <summary>An entry as the flags want it.</summary>
    public static Descriptor Apply(ParsedFlags flags, Descriptor member)
    {
        var notes = Annotations(flags);
        return member with
        {
            Annotations = notes.Count > 0 ? Merge(member.Annotations, notes) : member.Annotations,
            Platform = Apply(flags, member.Platform),
        };
    }

    /// <summary>The annotations that a flag gives.</summary>
    /// <exception cref="UsageException">One has no name or no value.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Annotations(ParsedFlags flags, string name = "annotation") =>
        [.. flags.Pairs(name).Select(static text => text.IndexOf('=') is var equals and > 0
            ? new KeyValuePair<string, string>(text[..equals], text[(equals + 1)..])
            : throw new UsageException($"the annotation \"{text}\" must be written name=value"))];

    /// <summary>Annotations with others added.</summary>
    public static SortedDictionary<string, string>? Merge(SortedDictionary<string, string>? known, IReadOnlyList<KeyValuePair<string, string>> added)
    {
        if (added.Count == 0)
        {
            return known;
        }

        var merged = new SortedDictionary<string, string>(known ?? [], StringComparer.Ordinal);
        foreach (var (name, value) in added)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static Platform? Apply(ParsedFlags flags, Platform? known)
    {
        string[] names = ["arch", "os", "variant", "os-version", "os-features", "features"];
        if (!names.Any(flags.Has))
        {
            return known;
        }

        var given = known ?? Platform.Host;

        // A variant belongs to its architecture.
        var keepsVariant = (flags.Text("arch") ?? given.Architecture) == given.Architecture;
        var changed = given with
        {
            Architecture = flags.Text("arch") ?? given.Architecture,
            Os = flags.Text("os") ?? given.Os,
            Variant = flags.Text("variant") is { } variant ? variant.Length > 0 ? variant : null : keepsVariant ? given.Variant : null,
            OsVersion = flags.Text("os-version") ?? given.OsVersion,
            OsFeatures = flags.Has("os-features") ? Words(flags.List("os-features")) : given.OsFeatures,
        };
        return flags.Has("features") ? changed with { Features = Words(flags.List("features")) } : changed;
    }

    private static IReadOnlyList<string> Words(IReadOnlyList<string> texts) =>
        [.. texts.SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
