using System.ComponentModel;
using System.Diagnostics;

namespace Bld.Registry;

/// <summary>
/// The store of podman and buildah. Its format is theirs, so images go through a directory: skopeo copies between the two, or podman
/// where there is no skopeo.
/// </summary>
public static class ContainersStorage
{
    /// <summary>Copies an image of that store into an OCI layout, which then holds nothing else.</summary>
    /// <param name="name">The image, as the transport takes it.</param>
    /// <param name="layout">The layout's directory, which must not be there.</param>
    /// <exception cref="RegistryException">It has none, or nobody is there to copy it.</exception>
    public static void Read(string name, string layout) => Run(
        $"read containers-storage:{name}",
        ("skopeo", ["copy", "--quiet", "--insecure-policy", $"containers-storage:{name}", $"oci:{layout}:image"]),
        ("podman", ["save", "--quiet", "--format", "oci-dir", "--output", layout, name]));

    /// <summary>Copies the only image of an OCI layout into that store.</summary>
    /// <inheritdoc cref="Read"/>
    public static void Write(string layout, string name) => Run(
        $"write containers-storage:{name}",
        ("skopeo", ["copy", "--quiet", "--insecure-policy", $"oci:{layout}", $"containers-storage:{name}"]),
        ("podman", ["pull", "--quiet", $"oci:{layout}"]));

    private static void Run(string what, params (string Program, string[] Arguments)[] ways)
    {
        foreach (var (program, arguments) in ways)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
                var output = process.StandardOutput.ReadToEndAsync();
                var error = process.StandardError.ReadToEnd();
                process.WaitForExit();
                output.GetAwaiter().GetResult();
                if (process.ExitCode == 0)
                {
                    return;
                }

                throw new RegistryException($"{program} could not {what}: {error.Trim().Split('\n')[^1]}");
            }
            catch (Win32Exception)
            {
                // Not installed: the next may be.
            }
        }

        throw new RegistryException($"cannot {what}: neither skopeo nor podman is installed, and only they know that store");
    }
}
