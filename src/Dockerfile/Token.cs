namespace Bld.Dockerfile;

/// <summary>A piece of a logical line: its text, and where it began in the line.</summary>
internal readonly record struct Token(string Text, int Start, int Length);
