using Bld.Registry.Configuration;

namespace Bld.Registry;

/// <summary>Where GPG signatures of images lie: what registries.d says (containers-registries.d(5)), else a directory of this machine.</summary>
internal static class Lookaside
{
    /// <summary>The place for an image, without a slash at its end.</summary>
    /// <param name="name">The image.</param>
    /// <param name="isWritten">Whether signatures are to be written, which may have a place of its own.</param>
    internal static string Of(RegistryName name, bool isWritten)
    {
        (int Length, string? Place) best = (-1, null);
        foreach (var file in ConfigurationFiles.Folders().Select(static folder => $"{folder}/registries.d").Where(Directory.Exists)
            .Take(1).SelectMany(static folder => Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)))
        {
            foreach (var (scope, place, isStaging) in LookasideFile.Read(file))
            {
                if (Matches(scope, name.ToString()) && (isWritten || !isStaging) && Rank(scope, isStaging) is var rank && rank > best.Length)
                {
                    best = (rank, place);
                }
            }
        }

        return best.Place?.TrimEnd('/') ?? $"file://{(Privilege.IsRoot ? "/var/lib" : $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.local/share")}/containers/sigstore";
    }

    // The narrower scope counts, and within one the place that is for writing.
    private static int Rank(string scope, bool isStaging) => (scope.Length * 2) + (isStaging ? 1 : 0);

    private static bool Matches(string scope, string name) =>
        scope.Length == 0 || name == scope || name.StartsWith(scope + "/", StringComparison.Ordinal) || name.StartsWith(scope + ":", StringComparison.Ordinal);
}
