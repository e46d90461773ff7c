using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>
/// Begins to fetch what a stage takes from elsewhere before the steps that want it are reached. What a step needs to have a cache key is
/// needed for certain: images, files of no known checksum, the commit that a git reference means. What only a step needs that is made waits until it
/// is clear that it will be. What goes wrong here goes wrong again when the step is reached, and is told then.
/// </summary>
/// <param name="session">The build.</param>
/// <param name="planned">The stage.</param>
/// <param name="isMade">Whether it is known from the beginning that its steps are made.</param>
internal sealed class SourcesAhead(BuildSession session, PlannedStage planned, bool isMade)
{
    private readonly List<Action> _waiting = [];
    private bool _isMade = isMade;

    /// <summary>Begins what the words of the file say by themselves.</summary>
    public void BeginPlain()
    {
        foreach (var instruction in planned.Stage.Instructions)
        {
            switch (instruction)
            {
                case CopyInstruction { From: { } from } when !from.Contains('$'):
                    BeginTree(from);
                    break;
                case RunInstruction run:
                    foreach (var mount in run.Mounts)
                    {
                        if (MountFlag.Parse(mount, mayHoldVariables: true).From is { } tree && !tree.Contains('$'))
                        {
                            BeginTree(tree);
                        }
                    }

                    break;
                case AddInstruction add when !HasVariables(add):
                    Begin(add, word => WordExpander.Expand(word, static _ => null, session.Plan.Document.EscapeCharacter));
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Begins what an ADD says with its variables; those without any have begun already.</summary>
    public void BeginExpanded(AddInstruction instruction, Func<string, string> expand)
    {
        if (HasVariables(instruction))
        {
            Begin(instruction, expand);
        }
    }

    /// <summary>Whether <see cref="BeginExpanded"/> has something to do.</summary>
    public static bool HasVariables(AddInstruction instruction) =>
        instruction.Sources.Any(static source => source.Contains('$')) || instruction.Checksum?.Contains('$') == true;

    /// <summary>A step of the stage has to be made, so those after it have to be as well.</summary>
    public void BeginMade()
    {
        _isMade = true;
        _waiting.ForEach(static begin => begin());
        _waiting.Clear();
    }

    private void Begin(AddInstruction instruction, Func<string, string> expand)
    {
        try
        {
            var checksum = instruction.Checksum is { } word ? expand(word) : null;
            foreach (var source in instruction.Sources.Select(expand).Where(RemoteSource.IsRemote))
            {
                var allowed = session.Request.SourcePolicy?.Source(source) ?? source;
                if (RemoteSource.IsGit(allowed))
                {
                    BeginGit(instruction, RemoteAdd.Reference(instruction, allowed, checksum));
                }
                else if (string.IsNullOrEmpty(checksum))
                {
                    session.Fetches.BeginUrl(allowed, null);
                }
                else
                {
                    var expected = SourceChecksum.Parse(checksum);
                    WhenMade(() => session.Fetches.BeginUrl(allowed, expected));
                }
            }
        }
        catch (Exception exception) when (exception is BuildException or DockerfileException)
        {
            // The instruction will say so.
        }
    }

    private void BeginGit(AddInstruction instruction, GitReference reference)
    {
        session.Fetches.BeginCommit(reference);
        WhenMade(() => session.Fetches.BeginCheckOut(reference, RemoteAdd.Keeps(instruction, reference)));
    }

    private void WhenMade(Action begin)
    {
        if (_isMade)
        {
            begin();
        }
        else
        {
            _waiting.Add(begin);
        }
    }

    /// <summary>An image or a context; stages begin by themselves.</summary>
    private void BeginTree(string from)
    {
        var stages = session.Plan.Document.Stages;
        if (session.Request.NamedContexts.ContainsKey(from))
        {
            session.Contexts.Begin(from, session.Request.Platform);
        }
        else if (from != "scratch" && StageReferences.NumberOf(from) is null && BuildPlan.FindStage(session.Plan.Document, from, planned.Stage.Index) is null
            && !stages.Any(stage => string.Equals(stage.Name, from, StringComparison.OrdinalIgnoreCase)))
        {
            session.Bases.Begin(from, session.Request.Platform);
        }
    }
}
