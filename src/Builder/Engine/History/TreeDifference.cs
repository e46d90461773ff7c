using System.Text;

namespace Bld.Builder.Engine.History;

/// <summary>Which names make two trees differ, from the notes of both (<see cref="Copy.TreeNotes"/>).</summary>
internal static class TreeDifference
{
    private const int ShortDigest = 8;

    /// <summary>The first difference in words, and how many more there are; null when the notes of one are gone.</summary>
    public static string? Describe(byte[]? old, byte[]? now)
    {
        if (old is null || now is null)
        {
            return null;
        }

        var before = Read(old);
        var first = "";
        var count = 0;
        foreach (var (path, line) in Read(now))
        {
            if (!before.Remove(path, out var earlier))
            {
                Count($"{path} is new");
            }
            else if (earlier != line)
            {
                Count($"{path} {Change(earlier, line)}");
            }
        }

        foreach (var path in before.Keys)
        {
            Count($"{path} is gone");
        }

        return count switch { 0 => "the order of its files changed", 1 => first, _ => $"{first} and {count - 1} more" };

        void Count(string text)
        {
            // Contents say more than the directories above them, whose lines differ only in mode or owner.
            first = count++ == 0 ? text : first;
        }
    }

    private static string Change(string old, string now)
    {
        var (from, to) = (old.Split(' '), now.Split(' '));
        if (from[2] != to[2])
        {
            return $"changed: {Digest(from[2])} → {Digest(to[2])}";
        }

        return from[0] != to[0] ? $"changed its mode: {from[0]} → {to[0]}" : $"changed its owner: {from[1]} → {to[1]}";
    }

    private static string Digest(string digits) => digits.Length > ShortDigest ? digits[..ShortDigest] : digits;

    private static Dictionary<string, string> Read(byte[] notes)
    {
        const int Fields = 3;
        var lines = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(notes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var end = -1;
            for (var i = 0; i < Fields && (end = line.IndexOf(' ', end + 1)) >= 0; i++)
            {
            }

            if (end > 0)
            {
                lines[line[(end + 1)..]] = line[..end];
            }
        }

        return lines;
    }
}
