using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>Where an image that was made goes: it gets a name in the store, or goes to a place that a transport names.</summary>
/// <param name="Name">Its name, as the store keeps it; null for none.</param>
/// <param name="Target">The place elsewhere; null for the store.</param>
internal sealed record ImageDestination(string? Name, TransportReference? Target)
{
    /// <summary>Reads a name, or <c>TRANSPORT:PLACE</c>.</summary>
    /// <exception cref="Store.BuildException">It can't be a name.</exception>
    /// <exception cref="RegistryException">Behind the transport nothing is named.</exception>
    public static ImageDestination Parse(string text)
    {
        if (ImageNames.WithoutStore(text) is var own && own != text)
        {
            return new ImageDestination(ImageNames.NormaliseTag(ImageNames.WithDefaultHost(own)), null);
        }

        return TransportReference.TryParse(text) is { } target ? new ImageDestination(null, target)
            : new ImageDestination(text.Length == 0 ? null : ImageNames.NormaliseTag(text), null);
    }
}
