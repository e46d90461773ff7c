using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using Bld.Builder.Context;
using Bld.Builder.Store;

namespace Bld.Builder.Tests.Context;

/// <summary>
/// Ignore rules against another way to read them: each pattern as a regular expression, asked for the path and everything above it.
/// <c>BLD_FUZZ_RUNS=1000000</c> in the environment makes it a long run.
/// </summary>
public sealed class IgnoreRulesRandomTests
{
    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("BLD_FUZZ_RUNS") ?? "20000", CultureInfo.InvariantCulture);
    private static readonly string[] PatternParts = ["a", "b", "c", "*", "**", "?", "a*", "*b", "[ab]", "[^a]", "\\a", "ab", "."];
    private static readonly string[] PathParts = ["a", "b", "c", "ab", "abc", "."];

    [Fact]
    public void Rules_exclude_what_their_regular_expressions_exclude()
    {
        for (var seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            var patterns = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pattern(random)).ToList();
            var path = string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => PathParts[random.Next(PathParts.Length - 1)]));
            var rules = IgnoreRules.Parse(string.Join('\n', patterns), ".dockerignore");

            Assert.True(Excludes(patterns, path) == rules.Excludes(path), $"seed {seed}: {string.Join(" | ", patterns)} on {path}: {rules.Excludes(path)}");
        }
    }

    [Fact]
    public void Any_text_is_rules_or_refused_and_decides_soon()
    {
        const string Characters = "abc*?[]^-\\/.!# \t\n\r\u00e9\ud83d\ude00";
        for (var seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => Characters[random.Next(Characters.Length)])]);
            var started = Stopwatch.GetTimestamp();
            try
            {
                IgnoreRules.Parse(text, ".dockerignore").Excludes("aab/abc/c.c/b");
            }
            catch (BuildException exception)
            {
                Assert.Contains(".dockerignore", exception.Message, StringComparison.Ordinal);
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2), $"seed {seed} takes too long: {text}");
        }
    }

    [Fact]
    public void Many_stars_take_no_longer_than_few()
    {
        var pattern = string.Concat(Enumerable.Repeat("**/a*/", 40)) + "x";
        var path = string.Join('/', Enumerable.Repeat("aaaaaaaaaa", 60));
        var started = Stopwatch.GetTimestamp();
        Assert.False(IgnoreRules.Parse(pattern, ".dockerignore").Excludes(path));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2));
    }

    private static string Pattern(Random random)
    {
        var parts = Enumerable.Range(0, random.Next(1, 4)).Select(_ => PatternParts[random.Next(PatternParts.Length)]);
        return (random.Next(3) == 0 ? "!" : "") + (random.Next(4) == 0 ? "/" : "") + string.Join('/', parts);
    }

    private static bool Excludes(List<string> patterns, string path)
    {
        var excluded = false;
        foreach (var pattern in patterns)
        {
            var exception = pattern.StartsWith('!');
            var regex = Translate(Clean(pattern.TrimStart('!')));
            for (var part = path; part.Length > 0; part = part.Contains('/', StringComparison.Ordinal) ? part[..part.LastIndexOf('/')] : "")
            {
                if (Regex.IsMatch(part, regex, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))
                {
                    excluded = !exception;
                }
            }
        }

        return excluded;
    }

    private static string Clean(string pattern) =>
        string.Join('/', pattern.TrimStart('/').Split('/').Where(static part => part is not ("." or "")));

    private static string Translate(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i++;
                    var slash = i + 1 < pattern.Length && pattern[i + 1] == '/';
                    i += slash ? 1 : 0;
                    regex.Append(slash ? "(.*/)?" : ".*");
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[':
                    var end = pattern.IndexOf(']', i);
                    regex.Append(pattern[i..(end + 1)]);
                    i = end;
                    break;
                case '\\':
                    regex.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return regex.Append('$').ToString();
    }
}
