using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Chooses among the images of an index.</summary>
internal static class PlatformChoice
{
    /// <summary>The image for a platform: the very variant first, then one that fits; null when there is none.</summary>
    public static Descriptor? Choose(ImageIndex index, Platform platform)
    {
        var images = index.Manifests.Where(static each => !IsAttestation(each)).ToList();
        return images.Find(each => each.Platform is { } offered && platform.Accepts(offered) && offered.Variant == platform.Variant)
            ?? images.Find(each => each.Platform is { } offered && platform.Accepts(offered))
            ?? images.Find(static each => each.Platform is null);
    }

    /// <summary>What an index has images for, each once.</summary>
    public static IReadOnlyList<Platform> Platforms(ImageIndex index) =>
        [.. index.Manifests.Where(static each => each.Platform is not null && !IsAttestation(each)).Select(static each => each.Platform!).DistinctBy(static each => each.ToString())];

    /// <summary>What an index has, for an error's end.</summary>
    public static string Offer(ImageIndex index)
    {
        var offered = index.Manifests.Where(static each => each.Platform is not null && !IsAttestation(each)).Select(static each => each.Platform!.ToString()).ToList();
        return offered.Count == 0 ? "" : $"; it has {string.Join(", ", offered)}";
    }

    // BuildKit lists its attestations beside the images, for a platform that is none.
    private static bool IsAttestation(Descriptor each) => each.Platform is { Os: "unknown", Architecture: "unknown" };
}
