namespace Bld.Dockerfile;

/// <summary>What came of a word, and which variables it asked for.</summary>
/// <param name="Text">The word with its variables replaced and its quotes removed.</param>
/// <param name="Matched">The variables that were set, each once, in the order of their first use.</param>
/// <param name="Unmatched">
/// The variables that were not set, likewise; also those that a modifier replaced by something else, and special parameters.
/// </param>
public sealed record Expansion(string Text, IReadOnlyList<string> Matched, IReadOnlyList<string> Unmatched);
