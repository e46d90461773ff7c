namespace Bld.Runtime.Plans;

/// <summary>What the spec may ask for and this runtime does not do yet: refused with a word, never left out in silence.</summary>
internal static class UnsupportedParts
{
    /// <exception cref="ContainerException">The spec asks for one of them.</exception>
    internal static void Refuse(ContainerRequest request)
    {
        var spec = request.Spec;
        foreach (var item in spec.Linux?.Namespaces ?? [])
        {
            if (item.Type == "user")
            {
                throw Unsupported("a user namespace for the container");
            }
        }

        foreach (var mount in spec.Mounts ?? [])
        {
            if (mount.UidMappings is { Count: > 0 } || MountOptions.Parse(mount.Options ?? []).IdMap != 0)
            {
                throw Unsupported($"id mapping of the mount at {mount.Destination}");
            }
        }

        if (!string.IsNullOrEmpty(spec.Linux?.Seccomp?.ListenerPath))
        {
            throw Unsupported("a seccomp notification listener");
        }

        if (spec.Process?.Terminal == true && request.ConsoleSocket is null)
        {
            throw new ContainerException("a terminal is wanted, and there is no console socket to send it to", "console");
        }
    }

    private static ContainerException Unsupported(string what) => new($"{what} is not supported yet", "spec");
}
