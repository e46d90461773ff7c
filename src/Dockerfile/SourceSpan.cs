namespace Bld.Dockerfile;

/// <summary>A piece of a Dockerfile: from a line and column to a line and column, all counted from 1, the end inclusive.</summary>
public readonly record struct SourceSpan(int StartLine, int StartColumn, int EndLine, int EndColumn)
{
    /// <summary>Whether a line belongs to it.</summary>
    public bool Contains(int line) => line >= StartLine && line <= EndLine;
}
