namespace Bld.Dockerfile;

/// <summary>Something wrong in a Dockerfile.</summary>
/// <param name="Message">One sentence without its place.</param>
/// <param name="Span">The instruction that it is about: all its lines are marked.</param>
/// <param name="Focus">The very word, for the caret; null when the whole instruction is meant.</param>
public sealed record Diagnostic(string Message, SourceSpan Span, SourceSpan? Focus = null);
