namespace Bld.Registry;

/// <summary>Whose files are read: root's, or an ordinary user's, who may be root of a user namespace of its own.</summary>
internal static class Privilege
{
    /// <summary>Whether this is root and not an ordinary user inside a user namespace (Podman, Buildah and bld set the variable there).</summary>
    internal static bool IsRoot =>
        Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("_CONTAINERS_ROOTLESS_UID") is null or "" or "0";
}
