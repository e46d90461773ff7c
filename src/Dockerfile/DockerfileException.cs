namespace Bld.Dockerfile;

/// <summary>A Dockerfile, or a part of one, that can't be understood.</summary>
public sealed class DockerfileException : Exception
{
    /// <summary>A part of an instruction that is wrong; whoever knows the instruction adds its place.</summary>
    public DockerfileException(string message)
        : base(message) => Diagnostics = [];

    /// <summary>A part of a logical line that is wrong, and which.</summary>
    internal DockerfileException(string message, Token token)
        : this(message) => Token = token;

    /// <summary>Everything that is wrong in a file, with excerpts.</summary>
    public DockerfileException(SourceText source, IReadOnlyList<Diagnostic> diagnostics)
        : base(string.Join('\n', diagnostics.Select(each => SourceExcerpt.Format(source, each)))) => Diagnostics = diagnostics;

    /// <summary>What is wrong, in the order of the file; empty when the place isn't known yet.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>The word that is wrong, as long as its line isn't known.</summary>
    internal Token? Token { get; }
}
