namespace Bld.Dockerfile;

/// <summary>Puts instructions into stages.</summary>
internal sealed class StageAssembler(List<Diagnostic> problems)
{
    private readonly List<Instruction> _instructions = [];
    private FromInstruction? _from;
    private bool _failed;

    internal List<ArgInstruction> Globals { get; } = [];

    internal List<Stage> Stages { get; } = [];

    internal void Add(Instruction instruction)
    {
        switch (instruction)
        {
            case FromInstruction from:
                Close();
                _from = from;
                break;
            case ArgInstruction arg when _from is null:
                Globals.Add(arg);
                break;
            default:
                if (_from is null && !_failed)
                {
                    _failed = true;
                    problems.Add(new Diagnostic(
                        $"no build stage in current context: {instruction.Keyword} stands before the first FROM", instruction.Span));
                }

                _instructions.Add(instruction);
                break;
        }
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
            : source.Lines.All(string.IsNullOrWhiteSpace) ? $"the Dockerfile ({source.Name}) cannot be empty"
            : "file with no instructions";
        problems.Add(new Diagnostic(message, new SourceSpan(1, 1, Math.Max(1, source.Lines.Count), 1)));
    }

    private void Close()
    {
        if (_from is { } from)
        {
            Stages.Add(new Stage(Stages.Count, from.StageName?.ToLowerInvariant(), from, [.. _instructions]));
        }

        _instructions.Clear();
    }
}
