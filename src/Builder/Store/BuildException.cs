namespace Bld.Builder.Store;

/// <summary>
/// The one exception of this project: something that a person asked for can't be done. The message says what was tried,
/// on what, why it failed and, where there is one, the way out.
/// </summary>
/// <param name="message">One sentence, or a few, without a full stop at the end.</param>
/// <param name="inner">What the kernel or a library said.</param>
internal class BuildException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The exit code that the program ends with; 125 is what container tools use for their own failures.</summary>
    public int ExitCode { get; init; } = 125;

    /// <summary>The word of the instruction that is to blame, for a caret below it; null when the whole instruction is meant.</summary>
    public string? Word { get; init; }
}
