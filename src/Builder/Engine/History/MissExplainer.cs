namespace Bld.Builder.Engine.History;

/// <summary>
/// Says why a step had to run, by comparing its key's parts with those of the same step in the newest build of the project that had it.
/// </summary>
/// <param name="history">Has what digests of trees were made of.</param>
/// <param name="before">Earlier builds, the newest first; read as far as they are needed.</param>
/// <param name="stages">The stages of this build with the texts of their steps.</param>
internal sealed class MissExplainer(
    BuildHistory history, IEnumerable<BuildRecord> before, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> stages)
{
    private readonly IEnumerator<BuildRecord> _unread = before.GetEnumerator();
    private readonly List<BuildRecord> _read = [];
    private readonly Dictionary<(int Record, string Stage), IReadOnlyList<RecordedStep?>> _aligned = [];

    /// <summary>The reason in a line.</summary>
    /// <param name="looked">The step.</param>
    /// <param name="parts">Its key's parts, as records have them.</param>
    /// <param name="steps">The steps of this build so far.</param>
    public string Explain(StepLookedUp looked, IReadOnlyList<string> parts, IReadOnlyCollection<RecordedStep> steps)
    {
        switch (looked.Outcome)
        {
            case CacheOutcome.Refused:
                return "--no-cache: results of earlier builds are not used";
            case CacheOutcome.StageRefused:
                return $"--no-cache-filter {looked.Step.StageName}: results of earlier builds are not used in this stage";
            case CacheOutcome.Expired:
                return "--cache-ttl: its earlier result is older than that";
            case CacheOutcome.Gone:
                return "its earlier result was removed from the store, or did not survive a crash";
            default:
                break;
        }

        if (Find(looked.Step) is not { Parts: { } old } earlier)
        {
            return _read.Count == 0 ? "first build: no earlier one of this project is known" : "new step: no earlier build had one like it here";
        }

        if (earlier.Key == looked.Key.Hex)
        {
            return earlier.Outcome switch
            {
                "failed" => "it failed the last time",
                "unfinished" => "it was interrupted the last time",
                _ => "the same step ran before, but the cache has lost its result",
            };
        }

        var differences = PartDifferences.Describe(old, parts, (from, to) => TreeDifference.Describe(history.FindTree(from), history.FindTree(to)));
        if (PartDifferences.ParentDiffers(old, parts))
        {
            differences.Add(Parent(looked.Step, earlier, steps));
        }

        return string.Join("; ", differences);
    }

    private string Parent(StepIdentity step, RecordedStep earlier, IReadOnlyCollection<RecordedStep> steps)
    {
        var below = steps.Where(each => each.Stage == step.Stage && each.Number < step.Number && each.Key is not null).MaxBy(static each => each.Number);
        if (below is null)
        {
            return "what it starts from is another";
        }

        var shown = $"step {below.Number} ({Shorten(below.Text)})";
        return below.Outcome switch
        {
            "miss" => $"follows {shown}, which was built anew",
            "base" => Base(below, earlier),
            _ => $"follows {shown}, whose cached result is not the one of the last build",
        };
    }

    private string Base(RecordedStep below, RecordedStep earlier)
    {
        var name = Part(below, "image");
        if (stages.Any(stage => string.Equals(stage.Key, name, StringComparison.OrdinalIgnoreCase)))
        {
            return $"the stage {name}, which it starts from, was built anew";
        }

        var old = _read.SelectMany(static record => record.Steps)
            .FirstOrDefault(each => each.StageName == earlier.StageName && each is { Outcome: "base", Parts: not null });
        if (old is null || Part(old, "root") == Part(below, "root"))
        {
            return "steps before it were added, removed or moved";
        }

        var was = Part(old, "image");
        return was != name
            ? $"base image: {was} → {name}"
            : $"base image {name} changed: {ShortDigest(Part(old, "manifest"))} → {ShortDigest(Part(below, "manifest"))}";
    }

    /// <summary>The same step in the newest build that had it.</summary>
    private RecordedStep? Find(StepIdentity step)
    {
        for (var i = 0; i < _read.Count || ReadMore(); i++)
        {
            var aligned = Aligned(i, step.StageName);
            if (step.Number <= aligned.Count && aligned[step.Number - 1] is { Parts: not null } found)
            {
                return found;
            }
        }

        return null;
    }

    private bool ReadMore()
    {
        if (!_unread.MoveNext())
        {
            return false;
        }

        _read.Add(_unread.Current);
        return true;
    }

    private IReadOnlyList<RecordedStep?> Aligned(int record, string stage)
    {
        if (!_aligned.TryGetValue((record, stage), out var aligned))
        {
            var old = _read[record].Steps.Where(step => step.StageName == stage).OrderBy(static step => step.Number).ToList();
            var texts = stages.FirstOrDefault(each => each.Key == stage).Value ?? [];
            _aligned[(record, stage)] = aligned = StepAlignment.Of(old, texts);
        }

        return aligned;
    }

    private static string Part(RecordedStep step, string name)
    {
        for (var i = 0; i + 1 < step.Parts!.Count; i += 2)
        {
            if (step.Parts[i] == name)
            {
                return step.Parts[i + 1];
            }
        }

        return "";
    }

    private static string ShortDigest(string digest)
    {
        const int Length = 12;
        var hex = digest[(digest.IndexOf(':') + 1)..];
        return hex.Length > Length ? hex[..Length] : hex;
    }

    private static string Shorten(string text)
    {
        const int Longest = 40;
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
