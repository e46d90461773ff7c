namespace Bld.Dockerfile.Checks;

/// <summary>What checks have to know of a base image.</summary>
/// <param name="Environment">Its variables.</param>
/// <param name="HasShell">Whether its configuration names a SHELL.</param>
/// <param name="Platform">Its platform, such as <c>linux/arm64</c>; null when it doesn't say.</param>
/// <param name="Triggers">Its ONBUILD instructions.</param>
public sealed record BaseImageFacts(
    IReadOnlyDictionary<string, string> Environment, bool HasShell = false, string? Platform = null, IReadOnlyList<string>? Triggers = null);
