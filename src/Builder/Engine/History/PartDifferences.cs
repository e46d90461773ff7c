namespace Bld.Builder.Engine.History;

/// <summary>Puts into words how two lists of a cache key's parts differ.</summary>
internal static class PartDifferences
{
    private const int MostShown = 3;

    /// <summary>Whether what the step starts from is another.</summary>
    public static bool ParentDiffers(IReadOnlyList<string> old, IReadOnlyList<string> now) =>
        !Values(old, "parent").SequenceEqual(Values(now, "parent"));

    /// <summary>The differences but the parent's, the first few in words.</summary>
    /// <param name="old">Name, value, name, value … of the earlier key.</param>
    /// <param name="now">Of the key that missed.</param>
    /// <param name="trees">Says how the trees of two digests differ.</param>
    public static List<string> Describe(IReadOnlyList<string> old, IReadOnlyList<string> now, Func<string, string, string?> trees)
    {
        var all = new List<string>();
        foreach (var name in Names(old, now))
        {
            if (name != "parent" && !Values(old, name).SequenceEqual(Values(now, name)))
            {
                all.AddRange(Describe(name, Values(old, name), Values(now, name), trees));
            }
        }

        if (all.Count > MostShown)
        {
            all[MostShown - 1] = $"{all[MostShown - 1]} and {all.Count - MostShown} more";
            all.RemoveRange(MostShown, all.Count - MostShown);
        }

        return all;
    }

    private static IEnumerable<string> Describe(string name, List<string> old, List<string> now, Func<string, string, string?> trees) => name switch
    {
        "environment" => Variables("ENV", old, now),
        "argument" => Variables("ARG", old, now),
        "command" or "script" => [$"the {name} changed: {Change(Words(old), Words(now))}"],
        "content" => [Content("what is copied", old, now, trees)],
        "host" => [$"--add-host: {Change(Words(old), Words(now))}"],
        "mount" => [$"--mount: {Change(Words(old), Words(now))}"],
        "network" => [$"--network: {Change(Words(old), Words(now))}"],
        "insecure" => [$"--security=insecure: {Change(Words(old), Words(now))}"],
        "owner" => [$"--chown: {Change(Words(old), Words(now))}"],
        "mode" => [$"--chmod: {Change(Words(old), Words(now))}"],
        "kind" => ["this bld makes such steps in another way"],
        _ when name.StartsWith("content of ") => [Content(name["content of ".Length..], old, now, trees)],
        _ => [$"{name}: {Change(Words(old), Words(now))}"],
    };

    private static string Content(string what, List<string> old, List<string> now, Func<string, string, string?> trees)
    {
        var described = old.Count == now.Count
            ? old.Zip(now).Where(static pair => pair.First != pair.Second).Select(pair => trees(pair.First, pair.Second) ?? Change(pair.First, pair.Second)).ToList()
            : [];
        return described.Count > 0 ? $"{(what == "what is copied" ? "" : what + ": ")}{string.Join("; ", described)}" : $"{what} changed";
    }

    private static IEnumerable<string> Variables(string keyword, List<string> old, List<string> now)
    {
        var (before, after) = (Pairs(old), Pairs(now));
        var changes = 0;
        foreach (var (name, value) in after)
        {
            if (!before.TryGetValue(name, out var earlier))
            {
                changes++;
                yield return $"{keyword} {name} is new: {Quote(value)}";
            }
            else if (earlier != value)
            {
                changes++;
                yield return $"{keyword} {name}: {Quote(earlier)} → {Quote(value)}";
            }
        }

        foreach (var name in before.Keys.Where(name => !after.ContainsKey(name)))
        {
            changes++;
            yield return $"{keyword} {name} is gone";
        }

        if (changes == 0)
        {
            yield return $"the order of {keyword} changed";
        }
    }

    private static Dictionary<string, string> Pairs(List<string> texts)
    {
        var pairs = new Dictionary<string, string>();
        foreach (var text in texts)
        {
            if (text.IndexOf('=') is var equals and >= 0)
            {
                pairs[text[..equals]] = text[(equals + 1)..];
            }
        }

        return pairs;
    }

    /// <summary>Both texts, cut to where they begin to differ.</summary>
    private static string Change(string old, string now)
    {
        const int Around = 12;
        var same = 0;
        while (same < old.Length && same < now.Length && old[same] == now[same])
        {
            same++;
        }

        var from = same > Around * 2 ? same - Around : 0;
        return $"{Quote(old, from)} → {Quote(now, from)}";
    }

    private static string Quote(string text, int from = 0)
    {
        const int Longest = 48;
        if (text.Length == 0)
        {
            return "nothing";
        }

        var rest = text[Math.Min(from, text.Length)..];
        var shown = rest.Length > Longest ? rest[..Longest] + "…" : rest;
        return $"\"{(from > 0 ? "…" : "")}{shown.ReplaceLineEndings("⏎")}\"";
    }

    /// <summary>The values without the count that closes a list.</summary>
    private static string Words(List<string> values) => string.Join(' ', values.Where(static value => !(value.StartsWith('#') && int.TryParse(value.AsSpan(1), out _))));

    private static List<string> Values(IReadOnlyList<string> parts, string name)
    {
        var values = new List<string>();
        for (var i = 0; i + 1 < parts.Count; i += 2)
        {
            if (parts[i] == name)
            {
                values.Add(parts[i + 1]);
            }
        }

        return values;
    }

    private static IEnumerable<string> Names(IReadOnlyList<string> old, IReadOnlyList<string> now)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i + 1 < now.Count + old.Count; i += 2)
        {
            var name = i < now.Count ? now[i] : old[i - now.Count];
            if (seen.Add(name))
            {
                yield return name;
            }
        }
    }
}
