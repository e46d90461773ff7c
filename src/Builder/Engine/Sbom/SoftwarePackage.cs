namespace Bld.Builder.Engine.Sbom;

/// <summary>A piece of software that an image holds.</summary>
/// <param name="Type">The type of its package URL: <c>deb</c>, <c>apk</c>, <c>rpm</c>, <c>npm</c>, <c>pypi</c>, <c>cargo</c>, …</param>
/// <param name="Name">Its name; a group stands before a slash.</param>
/// <param name="Version">Its version as its package manager writes it.</param>
internal sealed record SoftwarePackage(string Type, string Name, string Version)
{
    /// <summary>What it runs on; null where that is not said.</summary>
    public string? Architecture { get; init; }

    /// <summary>Its licence in its packager's words.</summary>
    public string? License { get; init; }

    /// <summary>The distribution that it belongs to, as <c>debian</c>; null for languages' packages.</summary>
    public string? Distribution { get; init; }

    /// <summary>Its package URL (purl-spec).</summary>
    public string Url
    {
        get
        {
            var name = string.Join('/', Name.Split('/').Select(Uri.EscapeDataString));
            var space = Distribution is null ? "" : Distribution + "/";
            return $"pkg:{Type}/{space}{name}@{Uri.EscapeDataString(Version)}{(Architecture is null ? "" : $"?arch={Uri.EscapeDataString(Architecture)}")}";
        }
    }
}
