namespace Bld.Dockerfile;

/// <summary>
/// A piece of a Dockerfile: from a line and column to a line and column, all counted from 1, the end inclusive. An end column of
/// <see cref="int.MaxValue"/> means the line's end.
/// </summary>
public readonly record struct SourceSpan(int StartLine, int StartColumn, int EndLine, int EndColumn)
{
    /// <summary>Whole lines.</summary>
    public static SourceSpan OfLines(int first, int last) => new(first, 1, last, int.MaxValue);

    /// <summary>Whether a line belongs to it.</summary>
    public bool Contains(int line) => line >= StartLine && line <= EndLine;
}
