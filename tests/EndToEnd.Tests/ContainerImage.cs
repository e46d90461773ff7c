using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>An image of a store as <c>skopeo</c> sees it.</summary>
internal static class ContainerImage
{
    /// <summary>Its configuration.</summary>
    internal static JsonElement Config(this BldHome home, string image) => Read(home, image, "--config");

    /// <summary>Its manifest.</summary>
    internal static JsonElement Manifest(this BldHome home, string image) => Read(home, image);

    /// <summary>The files of an image: a line each with kind, mode, owner, size and target, as <c>umoci</c> unpacks them.</summary>
    internal static string Files(this BldHome home, string image)
    {
        var bundle = home.In($"bundle-{Guid.NewGuid():N}");
        BldHome.Peer("umoci", "unpack", "--image", home.Layout(image), bundle);
        return Listing($"{bundle}/rootfs");
    }

    /// <summary>The files below a directory.</summary>
    internal static string Listing(string directory) => BldHome.Peer(
        "sh", "-c", $"cd {directory} && find . -mindepth 1 -printf '%P %y %m %U:%G %l' \\( -type f -printf ' %s\\n' -o -printf '\\n' \\) | LC_ALL=C sort");

    /// <summary>Writes an image to a layout; its reference there without the transport.</summary>
    internal static string Layout(this BldHome home, string image)
    {
        var path = home.In($"layout-{Guid.NewGuid():N}");
        home.Succeed("push", "-q", image, $"oci:{path}:latest");
        return $"{path}:latest";
    }

    // By a directory, since a layout is for OCI's format alone; raw, since skopeo leaves out what it doesn't know.
    private static JsonElement Read(BldHome home, string image, params string[] what)
    {
        var path = home.In($"dir-{Guid.NewGuid():N}");
        home.Succeed("push", "-q", image, $"dir:{path}");
        return JsonDocument.Parse(BldHome.Peer("skopeo", ["inspect", "--raw", .. what, $"dir:{path}"])).RootElement;
    }
}
