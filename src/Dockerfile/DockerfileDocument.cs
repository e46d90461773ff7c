namespace Bld.Dockerfile;

/// <summary>A stage: FROM and what follows it.</summary>
/// <param name="Index">Its place in the file, from 0.</param>
/// <param name="Name">Its name in lower case; null when it has none.</param>
/// <param name="From">The instruction that begins it.</param>
/// <param name="Instructions">What follows, in order.</param>
public sealed record Stage(int Index, string? Name, FromInstruction From, IReadOnlyList<Instruction> Instructions);

/// <summary>A Dockerfile as parsed.</summary>
public sealed class DockerfileDocument
{
    internal DockerfileDocument(
        SourceText source, ParserDirectives directives, IReadOnlyList<ArgInstruction> globals, IReadOnlyList<Stage> stages)
    {
        Source = source;
        Directives = directives;
        GlobalArguments = globals;
        Stages = stages;
    }

    public SourceText Source { get; }

    public ParserDirectives Directives { get; }

    /// <summary>The character that escapes: a backslash unless <c># escape=</c> says otherwise.</summary>
    public char EscapeCharacter => Directives.Escape;

    /// <summary>The ARGs before the first FROM.</summary>
    public IReadOnlyList<ArgInstruction> GlobalArguments { get; }

    public IReadOnlyList<Stage> Stages { get; }

    /// <summary>All instructions in the order of the file.</summary>
    public IEnumerable<Instruction> Instructions =>
        GlobalArguments.Concat(Stages.SelectMany(static stage => stage.Instructions.Prepend(stage.From)));

    /// <summary>The document with one line an instruction, its comments and its here-documents; parsing it gives the same document.</summary>
    public override string ToString() => DocumentPrinter.Print(this);
}
