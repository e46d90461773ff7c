namespace Bld.Builder.Engine.History;

/// <summary>Finds the steps of an earlier build that the steps of a stage were: equal texts first, then, between those, what changed.</summary>
internal static class StepAlignment
{
    /// <summary>For each text the earlier step; null for a new one.</summary>
    public static IReadOnlyList<RecordedStep?> Of(IReadOnlyList<RecordedStep> old, IReadOnlyList<string> texts)
    {
        var aligned = new RecordedStep?[texts.Count];
        var common = CommonLengths(old, texts);
        int i = 0, j = 0, gapOld = 0, gapNew = 0;
        while (i < old.Count && j < texts.Count)
        {
            if (old[i].Text == texts[j])
            {
                PairGap(old, texts, aligned, (gapOld, i), (gapNew, j));
                aligned[j++] = old[i++];
                (gapOld, gapNew) = (i, j);
            }
            else if (common[i + 1][j] >= common[i][j + 1])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        PairGap(old, texts, aligned, (gapOld, old.Count), (gapNew, texts.Count));
        return aligned;
    }

    /// <summary>Between two equal steps, those with the same keyword are taken for each other in order.</summary>
    private static void PairGap(IReadOnlyList<RecordedStep> old, IReadOnlyList<string> texts, RecordedStep?[] aligned, (int From, int To) gapOld, (int From, int To) gapNew)
    {
        var i = gapOld.From;
        for (var j = gapNew.From; j < gapNew.To; j++)
        {
            for (var candidate = i; candidate < gapOld.To; candidate++)
            {
                if (Keyword(old[candidate].Text).Equals(Keyword(texts[j]), StringComparison.OrdinalIgnoreCase))
                {
                    aligned[j] = old[candidate];
                    i = candidate + 1;
                    break;
                }
            }
        }
    }

    private static ReadOnlySpan<char> Keyword(string text) => text.AsSpan(0, text.IndexOf(' ') is var end and >= 0 ? end : text.Length);

    /// <summary>Lengths of the longest common subsequences of what follows.</summary>
    private static int[][] CommonLengths(IReadOnlyList<RecordedStep> old, IReadOnlyList<string> texts)
    {
        var common = new int[old.Count + 1][];
        common[old.Count] = new int[texts.Count + 1];
        for (var i = old.Count - 1; i >= 0; i--)
        {
            common[i] = new int[texts.Count + 1];
            for (var j = texts.Count - 1; j >= 0; j--)
            {
                common[i][j] = old[i].Text == texts[j] ? common[i + 1][j + 1] + 1 : Math.Max(common[i + 1][j], common[i][j + 1]);
            }
        }

        return common;
    }
}
