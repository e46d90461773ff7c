namespace Bld.Dockerfile;

/// <summary>What every instruction looks like: a word, flags, and the rest, whose form depends on the word.</summary>
/// <param name="keyword">The word.</param>
/// <param name="flags">The flags.</param>
/// <param name="line">The logical line.</param>
/// <param name="start">Where the rest begins in it; no blank stands there.</param>
internal sealed class RawInstruction(Token keyword, IReadOnlyList<Token> flags, string line, int start)
{
    internal Token Keyword => keyword;

    internal IReadOnlyList<Token> Flags => flags;

    /// <summary>The logical line.</summary>
    internal string Line => line;

    /// <summary>Where the rest begins in it.</summary>
    internal int Start => start;

    internal bool HasRest => start < line.Length;

    /// <summary>The text of the rest, made anew each time.</summary>
    internal string RestText => line[start..];

    /// <inheritdoc cref="RestText"/>
    internal Token Rest => new(RestText, start, line.Length - start);

    /// <summary>The rest in JSON form; null when it has another.</summary>
    /// <inheritdoc cref="JsonWords.Parse"/>
    internal IReadOnlyList<string>? Array() => HasRest && line[start] == '[' ? JsonWords.Parse(RestText) : null;
}
