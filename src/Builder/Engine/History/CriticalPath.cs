namespace Bld.Builder.Engine.History;

/// <summary>
/// The steps that the whole build waited for: the last one, and before each the one that ended last of those it needed (the step above it,
/// or the last of a stage that it names). Making any other step quicker gains nothing.
/// </summary>
internal static class CriticalPath
{
    private static readonly char[] Separators = [' ', '\t', ','];

    /// <summary>The steps, the last one first.</summary>
    public static IReadOnlyList<RecordedStep> Of(BuildRecord record)
    {
        var path = new List<RecordedStep>();
        var last = record.Steps.Where(static step => step.Outcome != "unfinished").MaxBy(End);
        while (last is not null)
        {
            path.Add(last);
            var step = last;
            last = record.Steps
                .Where(each => (each.Stage == step.Stage && each.Number == step.Number - 1) || (IsLastOf(record, each) && Names(step, each)))
                .MaxBy(End);
        }

        return path;
    }

    private static double End(RecordedStep step) => step.Start + step.Milliseconds;

    private static bool IsLastOf(BuildRecord record, RecordedStep step) =>
        !record.Steps.Any(each => each.Stage == step.Stage && each.Number > step.Number);

    /// <summary>Whether a step's text names the other's stage.</summary>
    private static bool Names(RecordedStep step, RecordedStep other)
    {
        if (other.Stage >= step.Stage)
        {
            return false;
        }

        var words = step.Text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            var name = word.LastIndexOf("from=", StringComparison.Ordinal) is var at and >= 0 ? word[(at + "from=".Length)..]
                : i > 0 && words[0].Equals("FROM", StringComparison.OrdinalIgnoreCase) ? word
                : "";
            if (name.Equals(other.StageName, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
