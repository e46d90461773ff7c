namespace Bld.Registry;

/// <summary>
/// A file of registries.d: the part of YAML that these files are written in, which is two levels of <c>key: value</c>. Gives each
/// scope (empty for <c>default-docker</c>) with the place of its signatures, and whether that is only for writing them.
/// </summary>
internal static class LookasideFile
{
    internal static IEnumerable<(string Scope, string Place, bool IsStaging)> Read(string file)
    {
        var (isDefault, scope) = (false, "");
        foreach (var line in File.ReadLines(file).Select(static line => line.Split(" #")[0].TrimEnd()).Where(static line => line.TrimStart() is { Length: > 0 } text && text[0] != '#'))
        {
            var indent = line.Length - line.TrimStart().Length;
            var colon = line.LastIndexOf(": ", StringComparison.Ordinal) is var at and >= 0 ? at : line.Length - 1;
            var (key, value) = (Plain(line[..colon]), Plain(line[(colon + 1)..]));
            if (indent == 0)
            {
                (isDefault, scope) = (key == "default-docker", "");
            }
            else if (value.Length == 0)
            {
                scope = key;
            }
            else if (key is "lookaside" or "sigstore" or "lookaside-staging" or "sigstore-staging" && (isDefault || scope.Length > 0))
            {
                yield return (isDefault ? "" : scope, value, key.EndsWith("-staging", StringComparison.Ordinal));
            }
        }
    }

    private static string Plain(string text) => text.Trim().Trim('"', '\'');
}
