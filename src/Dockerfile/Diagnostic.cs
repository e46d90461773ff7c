namespace Bld.Dockerfile;

/// <summary>Something wrong in a Dockerfile.</summary>
/// <param name="Message">One sentence without its place.</param>
/// <param name="Span">The lines that it is about.</param>
/// <param name="Column">The column to point at, from 1; 0 when the whole instruction is meant.</param>
public sealed record Diagnostic(string Message, SourceSpan Span, int Column = 0);
