namespace Bld.Dockerfile;

/// <summary>Puts instructions into stages.</summary>
internal sealed class StageAssembler(List<Diagnostic> problems)
{
    private readonly List<Instruction> _instructions = [];
    private FromInstruction? _from;
    private bool _inStage;

    internal List<ArgInstruction> Globals { get; } = [];

    internal List<Stage> Stages { get; } = [];

    /// <summary>Adds the next instruction; null stands for one that could not be read.</summary>
    internal void Add(Instruction? instruction, LogicalLine line)
    {
        switch (instruction)
        {
            case null:
                AddUnreadable(line);
                break;
            case FromInstruction from:
                Close();
                (_from, _inStage) = (from, true);
                break;
            case ArgInstruction arg when !_inStage:
                Globals.Add(arg);
                break;
            default:
                if (!_inStage)
                {
                    problems.Add(new Diagnostic(
                        $"no build stage in current context: no FROM statement found before {instruction.Keyword}", instruction.Span));
                    _inStage = true;
                }

                _instructions.Add(instruction);
                break;
        }
    }

    // What follows a FROM that can't be read belongs to no stage, but isn't wrong for that; nor is what follows any other error.
    private void AddUnreadable(LogicalLine line)
    {
        if (line.Text.StartsWith("FROM", StringComparison.OrdinalIgnoreCase))
        {
            Close();
        }

        _inStage = true;
    }

    /// <summary>Ends the last stage and checks that there is one.</summary>
    internal void Finish(SourceText source)
    {
        Close();
        if (Stages.Count > 0 || problems.Count > 0)
        {
            return;
        }

        var message = Globals.Count > 0 ? "dockerfile contains no stages to build"
            : source.Lines.Count == 0 ? "the Dockerfile cannot be empty"
            : "file with no instructions";
        problems.Add(new Diagnostic(message, SourceSpan.OfLines(1, Math.Max(1, source.Lines.Count))));
    }

    private void Close()
    {
        if (_from is { } from)
        {
            Stages.Add(new Stage(Stages.Count, from.StageName?.ToLowerInvariant(), from, [.. _instructions]));
        }

        _from = null;
        _instructions.Clear();
    }
}
