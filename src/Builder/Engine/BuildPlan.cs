using System.Collections.Concurrent;

using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>A stage with the words of its FROM expanded.</summary>
/// <param name="Stage">The stage as parsed.</param>
/// <param name="Position">Its position among the stages that the target needs, from 1.</param>
/// <param name="Base">What FROM names.</param>
/// <param name="BaseStage">Index of the stage that FROM names; null when it names something else.</param>
/// <param name="Platform">What <c>--platform</c> says; null when it says nothing.</param>
internal sealed record PlannedStage(Stage Stage, int Position, string Base, int? BaseStage, string? Platform)
{
    /// <summary>The FROM line with the base that it came to.</summary>
    public string FromText => Stage.From.Image == Base ? Stage.From.Text : WithBase();

    private string WithBase()
    {
        var at = Stage.From.Text.IndexOf(Stage.From.Image, "FROM ".Length, StringComparison.Ordinal);
        return at < 0 ? Stage.From.Text : Stage.From.Text[..at] + Base + Stage.From.Text[(at + Stage.From.Image.Length)..];
    }
}

/// <summary>The stages that a build needs, in the order of the file, and what their FROM lines see.</summary>
internal sealed class BuildPlan(
    DockerfileDocument document, IReadOnlyList<int> needed, int target, IReadOnlyDictionary<string, string> globals, Func<int, int, PlannedStage> plan)
{
    private readonly ConcurrentDictionary<int, PlannedStage> _planned = [];

    public DockerfileDocument Document { get; } = document;

    /// <summary>Indexes of the stages that the target needs.</summary>
    public IReadOnlyList<int> Needed { get; } = needed;

    /// <summary>Index of the wanted stage.</summary>
    public int Target { get; } = target;

    /// <summary>Global arguments that have a value: those before the first FROM, and the platform's.</summary>
    public IReadOnlyDictionary<string, string> GlobalArguments { get; } = globals;

    /// <summary>The value of an argument. Its default isn't looked at when the command line gives one: it may not even expand.</summary>
    public string? ArgumentValue(ArgumentDeclaration argument, IReadOnlyDictionary<string, string> given, Func<string, string> expand) =>
        given.GetValueOrDefault(argument.Name) ?? (argument.Default is { } word ? expand(word) : GlobalArguments.GetValueOrDefault(argument.Name));

    /// <summary>A stage; also one that only a base image's ONBUILD trigger asks for.</summary>
    public PlannedStage Stage(int index) => _planned.GetOrAdd(index, each => plan(each, Position(each)));

    /// <summary>Whether a stage's layers become layers of the image.</summary>
    public bool IsInTargetChain(int index)
    {
        for (int? each = Target; each is { } stage; each = Stage(stage).BaseStage)
        {
            if (stage == index)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The stage that <paramref name="reference"/> (a name or an index) means for an instruction of stage <paramref name="from"/>;
    /// null when it means no earlier stage.
    /// </summary>
    public static int? FindStage(DockerfileDocument document, string reference, int from)
    {
        var lowered = reference.ToLowerInvariant();
        for (var i = from - 1; i >= 0; i--)
        {
            if (document.Stages[i].Name == lowered)
            {
                return i;
            }
        }

        return int.TryParse(reference, System.Globalization.NumberStyles.None, null, out var index) && index < from ? index : null;
    }

    private int Position(int index)
    {
        for (var i = 0; i < Needed.Count; i++)
        {
            if (Needed[i] == index)
            {
                return i + 1;
            }
        }

        return Needed.Count;
    }
}
