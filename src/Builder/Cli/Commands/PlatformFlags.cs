using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld bud</c> that say what it builds for.</summary>
internal static class PlatformFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("all-platforms", FlagKind.Boolean, "build for every platform that all base images have"),
        new("arch", FlagKind.Text, "architecture that the image is built for", Aliases: ["override-arch"]),
        new("os", FlagKind.Text, "operating system that the image is built for", Aliases: ["override-os"]),
        new("platform", FlagKind.List, "what the image is built for, as os/architecture[/variant]; several, repeated or with commas, give an index"),
        new("variant", FlagKind.Text, "variant of the architecture that the image is built for"),
    ];

    /// <summary>The platforms, each once, in the order given; this machine's when none is named.</summary>
    /// <exception cref="UsageException">Flags that exclude each other, or one that is no platform.</exception>
    public static IReadOnlyList<Platform> Read(ParsedFlags flags)
    {
        var texts = flags.List("platform").SelectMany(static text => text.Split(',', StringSplitOptions.TrimEntries)).Where(static text => text.Length > 0).ToList();
        var parts = new[] { flags.Text("os"), flags.Text("arch"), flags.Text("variant") };
        if (texts.Count > 0 && parts.Any(static part => part is not null))
        {
            throw new UsageException("--platform already says what --os, --arch and --variant say: give one or the others");
        }

        if (flags.Boolean("all-platforms") && (texts.Count > 0 || parts.Any(static part => part is not null)))
        {
            throw new UsageException("--all-platforms takes the platforms of the base images: leave out --platform, --os, --arch and --variant");
        }

        return texts.Count == 0 ? [Single(parts[0], parts[1], parts[2])] : [.. texts.Select(Parse).Distinct()];
    }

    private static Platform Single(string? os, string? architecture, string? variant)
    {
        var host = Platform.Host;
        if (os is null && architecture is null && variant is null)
        {
            return host;
        }

        var known = variant ?? (architecture is null ? host.Variant : null);
        return Parse($"{os ?? host.Os}/{architecture ?? host.Architecture}{(known is null ? "" : "/" + known)}");
    }

    private static Platform Parse(string text)
    {
        try
        {
            return text == "local" ? Platform.Host : Platform.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
