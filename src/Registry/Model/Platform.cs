using System.Runtime.InteropServices;
using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>What an image runs on (OCI image-index, "platform").</summary>
public sealed record Platform : IJsonRecord<Platform>
{
    public required string Architecture { get; init; }

    public required string Os { get; init; }

    public string? OsVersion { get; init; }

    public IReadOnlyList<string>? OsFeatures { get; init; }

    public string? Variant { get; init; }

    /// <summary>CPU features (Docker's manifest list; reserved in OCI's).</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>This machine.</summary>
    public static Platform Host { get; } = Normalise("linux", RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        var other => other.ToString().ToLowerInvariant(),
    }, null);

    // Those of Go, as far as Linux runs on them.
    private static readonly string[] Architectures =
        ["386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"];

    /// <summary>Reads <c>os/architecture[/variant]</c>, <c>os</c> or <c>architecture</c> alone.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static Platform Parse(string text)
    {
        var parts = text.ToLowerInvariant().Split('/');
        if (parts.Length > 3 || parts.Any(static part => part.Length == 0))
        {
            throw new FormatException($"invalid platform syntax for \"{text}\": it must be os/architecture or os/architecture/variant, such as linux/arm64");
        }

        if (parts.Any(static part => part.Any(static letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-' or '.'))))
        {
            throw new FormatException($"invalid platform syntax for \"{text}\": its parts are of letters, digits, '.', '-' and '_'; --os-version sets the version of an operating system");
        }

        return parts switch
        {
            [var os, var architecture] => Normalise(os, architecture, null),
            [var os, var architecture, var variant] => Normalise(os, architecture, variant),
            [var one] when one is "linux" or "windows" or "darwin" or "freebsd" => Normalise(one, Host.Architecture, Host.Variant),
            _ when Normalise(Host.Os, parts[0], null) is var alone && Array.IndexOf(Architectures, alone.Architecture) >= 0 => alone,
            _ => throw new FormatException($"\"{text}\": unknown operating system or architecture; write os/architecture, such as linux/arm64"),
        };
    }

    /// <summary>Whether an image for <paramref name="offered"/> is what somebody who asked for this platform means.</summary>
    public bool Accepts(Platform offered) =>
        offered.Os == Os && offered.Architecture == Architecture
        && (Variant is null || offered.Variant is null || offered.Variant == Variant);

    /// <summary><c>os/architecture[/variant]</c>.</summary>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static Platform Normalise(string os, string architecture, string? variant)
    {
        var (name, version) = (architecture, variant) switch
        {
            ("x86_64" or "x86-64", _) => ("amd64", variant),
            ("i386" or "i486" or "i586" or "i686", _) => ("386", variant),
            ("aarch64" or "arm64", null or "8" or "v8") => ("arm64", null),
            ("aarch64", _) => ("arm64", variant),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", null or "7") => ("arm", "v7"),
            ("arm", "5" or "6" or "8") => ("arm", "v" + variant),
            ("amd64", "v1") => ("amd64", null),
            _ => (architecture, variant),
        };
        return new Platform { Os = os is "macos" ? "darwin" : os, Architecture = name, Variant = version };
    }

    static Platform IJsonRecord<Platform>.Read(JsonMembers json) => new()
    {
        Architecture = json.RequiredText("architecture"),
        Os = json.RequiredText("os"),
        OsVersion = json.Text("os.version"),
        OsFeatures = json.Texts("os.features"),
        Variant = json.Text("variant"),
        Features = json.Texts("features"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("architecture", Architecture);
        json.Text("os", Os);
        json.Text("os.version", OsVersion);
        json.Texts("os.features", OsFeatures);
        json.Text("variant", Variant);
        json.Texts("features", Features);
    }
}
