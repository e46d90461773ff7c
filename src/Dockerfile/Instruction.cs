namespace Bld.Dockerfile;

/// <summary>One instruction of a Dockerfile, with its words as they stand there: nothing is expanded yet.</summary>
public abstract record Instruction
{
    /// <summary>The word that it begins with, as written.</summary>
    public string Keyword { get; internal set; } = "";

    /// <summary>All its lines, here-documents included.</summary>
    public SourceSpan Span { get; internal set; }

    /// <summary>The whole instruction on one line, without here-documents.</summary>
    public string Text { get; internal set; } = "";

    /// <summary>The comments right above it.</summary>
    public IReadOnlyList<string> Comments { get; internal set; } = [];

    /// <summary>The line on which it ends (without here-documents) if it has an empty line inside; else null.</summary>
    public int? EmptyContinuationLine { get; internal set; }

    /// <summary>Its flags as written, in their order, with their places.</summary>
    public IReadOnlyList<InstructionFlag> Flags { get; internal set; } = [];

    /// <summary>Its here-documents, in their order.</summary>
    public IReadOnlyList<Heredoc> Heredocs { get; internal set; } = [];

    /// <summary>Where its text stands in the file; null for what a base image's ONBUILD brought.</summary>
    internal LogicalLine? Line { get; set; }

    /// <summary>Where a word of this instruction stands; null when it isn't there as one word between blanks, or not in this file.</summary>
    public SourceSpan? SpanOf(string word)
    {
        for (var at = word.Length == 0 ? -1 : Text.IndexOf(word, StringComparison.Ordinal);
            at >= 0;
            at = Text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            var end = at + word.Length;
            if ((at == 0 || char.IsWhiteSpace(Text[at - 1])) && (end == Text.Length || char.IsWhiteSpace(Text[end])))
            {
                return Line?.SpanOf(new Token(word, at, word.Length));
            }
        }

        return null;
    }
}

/// <summary>A flag as written.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">What stands behind the equals sign, without quotes; null without one.</param>
/// <param name="Span">Where it stands.</param>
public sealed record InstructionFlag(string Name, string? Value, SourceSpan Span);

/// <summary>A name and a value, with quotes as written.</summary>
public sealed record WordPair(string Name, string Value);

public sealed record FromInstruction : Instruction
{
    public required string Image { get; init; }

    public string? Platform { get; init; }

    /// <summary>The stage's name as written.</summary>
    public string? StageName { get; init; }

    /// <summary>The word <c>AS</c> as written.</summary>
    public string? AsKeyword { get; init; }
}

public sealed record ArgInstruction : Instruction
{
    public required IReadOnlyList<ArgumentDeclaration> Arguments { get; init; }
}

/// <summary>An argument and its default; null means none.</summary>
public sealed record ArgumentDeclaration(string Name, string? Default);

public sealed record EnvInstruction : Instruction
{
    public required IReadOnlyList<WordPair> Pairs { get; init; }

    /// <summary>Whether it has the old form without an equals sign.</summary>
    public bool IsLegacy { get; init; }
}

public sealed record LabelInstruction : Instruction
{
    public required IReadOnlyList<WordPair> Pairs { get; init; }

    /// <inheritdoc cref="EnvInstruction.IsLegacy"/>
    public bool IsLegacy { get; init; }
}

public sealed record MaintainerInstruction : Instruction
{
    public required string Name { get; init; }
}

/// <summary>What COPY and ADD have in common.</summary>
public abstract record TransferInstruction : Instruction
{
    /// <summary>Paths or patterns; here-documents are not among them.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    public required string Destination { get; init; }

    public string? Owner { get; init; }

    public string? Mode { get; init; }

    public bool Link { get; init; }

    public IReadOnlyList<string> Excludes { get; init; } = [];
}

public sealed record CopyInstruction : TransferInstruction
{
    public string? From { get; init; }

    public bool Parents { get; init; }
}

public sealed record AddInstruction : TransferInstruction
{
    public bool? KeepGitDirectory { get; init; }

    public string? Checksum { get; init; }

    public bool? Unpack { get; init; }
}

public sealed record RunInstruction : Instruction
{
    public required CommandForm Command { get; init; }

    /// <summary>Values of <c>--mount</c>.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = [];

    public string? Network { get; init; }

    public string? Security { get; init; }

    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Whether a single here-document is the whole command.</summary>
    public bool IsLoneHeredoc => Command.IsShell && Heredocs.Count == 1 && Heredoc.FromWord(Command.Text) is not null;

    /// <summary>The shell form's text with the bodies of its here-documents behind it.</summary>
    public string ShellText =>
        Heredocs.Count == 0
            ? Command.Text
            : Command.Text + "\n" + string.Concat(Heredocs.Select(static each => $"{each.Content}{each.Name}\n")).TrimEnd('\n');
}

public sealed record CmdInstruction : Instruction
{
    public required CommandForm Command { get; init; }
}

public sealed record EntrypointInstruction : Instruction
{
    public required CommandForm Command { get; init; }
}

public sealed record ShellInstruction : Instruction
{
    public required IReadOnlyList<string> Arguments { get; init; }
}

public sealed record WorkdirInstruction : Instruction
{
    public required string Directory { get; init; }
}

public sealed record UserInstruction : Instruction
{
    public required string User { get; init; }
}

public sealed record ExposeInstruction : Instruction
{
    public required IReadOnlyList<string> Ports { get; init; }
}

public sealed record VolumeInstruction : Instruction
{
    public required IReadOnlyList<string> Paths { get; init; }
}

public sealed record StopSignalInstruction : Instruction
{
    public required string Signal { get; init; }
}

/// <summary>HEALTHCHECK; times are in nanoseconds, 0 for the default.</summary>
public sealed record HealthcheckInstruction : Instruction
{
    /// <summary>Null for NONE.</summary>
    public CommandForm? Command { get; init; }

    public long Interval { get; init; }

    public long Timeout { get; init; }

    public long StartPeriod { get; init; }

    public long StartInterval { get; init; }

    public int Retries { get; init; }
}

public sealed record OnbuildInstruction : Instruction
{
    /// <summary>The instruction that an image built on this one begins with, here-documents included.</summary>
    public required string Trigger { get; init; }
}
