namespace Bld.Dockerfile.Checks;

/// <summary>Whether a word is all in lower or all in upper case; what has no case is both.</summary>
internal static class Casing
{
    internal static bool IsLower(string word) => !word.Any(char.IsUpper);

    internal static bool IsUpper(string word) => !word.Any(char.IsLower);
}
