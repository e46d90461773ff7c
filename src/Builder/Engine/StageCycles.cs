using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>Finds stages that copy from each other in a circle, before anything is built.</summary>
internal static class StageCycles
{
    /// <summary>Refuses a file with such a circle, whether the target needs it or not.</summary>
    /// <param name="document">The file.</param>
    /// <param name="isReplaced">Whether a named context takes the place of a stage or an image.</param>
    /// <exception cref="LocatedException">There is one; the place is the first instruction on the way to it.</exception>
    public static void Refuse(DockerfileDocument document, Predicate<string> isReplaced)
    {
        var seen = new HashSet<int>();
        for (var root = 0; root < document.Stages.Count; root++)
        {
            if (seen.Add(root) && FindFrom(document, root, seen, isReplaced) is { } first)
            {
                var name = document.Stages[root].Name ?? $"stage-{root}";
                SourceErrors.Locate(document, first.Span, () => throw new BuildException($"circular dependency detected on stage: {name}"));
            }
        }
    }

    /// <summary>Follows what a stage copies from; gives its instruction that leads into a circle.</summary>
    private static Instruction? FindFrom(DockerfileDocument document, int root, HashSet<int> seen, Predicate<string> isReplaced)
    {
        var way = new Stack<(int Stage, Queue<(int Stage, Instruction Instruction)> Left)>();
        var onWay = new HashSet<int> { root };
        Instruction? first = null;
        way.Push((root, Sources(document, root, isReplaced)));
        while (way.TryPeek(out var place))
        {
            if (!place.Left.TryDequeue(out var source))
            {
                onWay.Remove(way.Pop().Stage);
                continue;
            }

            first = way.Count == 1 ? source.Instruction : first;
            if (onWay.Contains(source.Stage))
            {
                return first;
            }

            if (seen.Add(source.Stage))
            {
                onWay.Add(source.Stage);
                way.Push((source.Stage, Sources(document, source.Stage, isReplaced)));
            }
        }

        return null;
    }

    private static Queue<(int Stage, Instruction Instruction)> Sources(DockerfileDocument document, int index, Predicate<string> isReplaced)
    {
        var sources = new Queue<(int, Instruction)>();
        var stage = document.Stages[index];
        foreach (var instruction in stage.Name is { } name && isReplaced(name) ? [] : stage.Instructions)
        {
            foreach (var reference in StageReferences.Of(instruction))
            {
                if (!isReplaced(reference)
                    && (BuildPlan.FindStage(document, reference, index) ?? BuildPlan.FindStage(document, reference, document.Stages.Count)) is { } other)
                {
                    sources.Enqueue((other, instruction));
                }
            }
        }

        return sources;
    }
}
