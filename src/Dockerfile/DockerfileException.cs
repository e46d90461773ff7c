namespace Bld.Dockerfile;

/// <summary>A Dockerfile, or a part of one, that can't be understood.</summary>
public sealed class DockerfileException : Exception
{
    private const int MostShown = 10;

    /// <summary>A part of an instruction that is wrong; whoever knows the instruction adds its place.</summary>
    public DockerfileException(string message)
        : base(message) => Diagnostics = [];

    /// <summary>A part of a logical line that is wrong, and which.</summary>
    internal DockerfileException(string message, Token token)
        : this(message) => Token = token;

    /// <summary>Everything that is wrong in a file, with excerpts.</summary>
    public DockerfileException(SourceText source, IReadOnlyList<Diagnostic> diagnostics)
        : base(Text(source, diagnostics)) => Diagnostics = diagnostics;

    // Whoever has more errors than fit on a screen has given the wrong file.
    private static string Text(SourceText source, IReadOnlyList<Diagnostic> diagnostics)
    {
        var text = string.Join('\n', diagnostics.Take(MostShown).Select(each => SourceExcerpt.Format(source, each)));
        return diagnostics.Count > MostShown ? $"{text}\n... and {diagnostics.Count - MostShown} more" : text;
    }

    /// <summary>What is wrong, in the order of the file; empty when the place isn't known yet.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>The word that is wrong, as long as its line isn't known.</summary>
    internal Token? Token { get; }
}
