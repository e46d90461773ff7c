namespace Bld.Dockerfile.Checks;

/// <summary>Whether a word is all in lower or all in upper case; what has no case is both.</summary>
internal static class Casing
{
    internal static bool IsLower(string word)
    {
        foreach (var letter in word)
        {
            if (char.IsUpper(letter))
            {
                return false;
            }
        }

        return true;
    }

    internal static bool IsUpper(string word)
    {
        foreach (var letter in word)
        {
            if (char.IsLower(letter))
            {
                return false;
            }
        }

        return true;
    }
}
