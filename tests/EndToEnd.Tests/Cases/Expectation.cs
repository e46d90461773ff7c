using System.Formats.Tar;
using System.Text.Json;

namespace Bld.EndToEnd.Tests.Cases;

/// <summary>
/// Reads a line that says what is expected of a build:
/// <code>
/// error TEXT             it fails, and says so          exit N        with this code
/// lines N [M]            these lines are marked         caret N       below this column (from 1) of the first of them
/// stdout TEXT, stderr TEXT, no-output TEXT              warnings N    so many lines that begin with a rule's name or [Warning]
/// file|dir PATH [mode M] [owner U:G] [time S] [text JSON]             link PATH -> TEXT      none PATH
/// config KEY JSON, image KEY JSON (null: absent), env NAME=VALUE, no-env NAME, label NAME=VALUE, annotation NAME=VALUE
/// history N TEXT (N from the end as -1), layers N, layer N PATH…, cached N, same-image, same PATH, changed PATH
/// </code>
/// </summary>
internal static class Expectation
{
    internal static void Check(CaseBuild build, string line)
    {
        var (word, rest) = Split(line);
        switch (word)
        {
            case "error":
                Assert.NotEqual(0, build.Outcome.Code);
                Assert.Contains(rest, build.Outcome.Error, StringComparison.Ordinal);
                break;
            case "exit":
                Assert.Equal(int.Parse(rest), build.Outcome.Code);
                break;
            case "lines":
                Assert.Equal(rest, string.Join(' ', Marked(build.Outcome.Error)));
                break;
            case "caret":
                Assert.Equal(int.Parse(rest), Caret(build.Outcome.Error));
                break;
            case "stdout":
                Assert.Contains(rest, build.Outcome.Output, StringComparison.Ordinal);
                break;
            case "stderr":
                Assert.Contains(rest, build.Outcome.Error, StringComparison.Ordinal);
                break;
            case "no-output":
                Assert.DoesNotContain(rest, build.Outcome.Output + build.Outcome.Error, StringComparison.Ordinal);
                break;
            case "warnings":
                Assert.Equal(int.Parse(rest), (build.Outcome.Output + build.Outcome.Error).Split('\n').Count(static each => each.Contains(" (line ", StringComparison.Ordinal)));
                break;
            case "cached":
                Assert.Equal(int.Parse(rest), build.Outcome.Output.Split("--> Using cache ").Length - 1);
                break;
            case "same-image":
                Assert.Equal(build.Before!.Id, build.Id);
                break;
            case "same":
                Assert.Equal(build.Before!.Image.Files[rest].Text, build.Image.Files[rest].Text);
                break;
            case "changed":
                Assert.NotEqual(build.Before!.Image.Files[rest].Text, build.Image.Files[rest].Text);
                break;
            default:
                CheckImage(build.Image, word, rest);
                break;
        }
    }

    private static void CheckImage(BuiltImage image, string word, string rest)
    {
        switch (word)
        {
            case "file" or "dir":
                CheckFile(image, word, rest);
                break;
            case "link":
                var ends = rest.Split(" -> ");
                Assert.Equal(TarEntryType.SymbolicLink, Get(image, ends[0]).Type);
                Assert.Equal(ends[1], Get(image, ends[0]).Link);
                break;
            case "none":
                Assert.DoesNotContain(rest, image.Files.Keys);
                break;
            case "layers":
                Assert.Equal(int.Parse(rest), image.Layers.Count);
                break;
            case "layer":
                var words = rest.Split(' ');
                Assert.Equal(words[1..].Order(StringComparer.Ordinal), image.Layers[Position(words[0], image.Layers.Count)].Order(StringComparer.Ordinal));
                break;
            default:
                CheckConfig(image, word, rest);
                break;
        }
    }

    private static void CheckConfig(BuiltImage image, string word, string rest)
    {
        var (first, value) = Split(rest);
        var config = image.Config.GetProperty("config");
        switch (word)
        {
            case "config":
                Assert.Equal(value, Member(config, first));
                break;
            case "image":
                Assert.Equal(value, Member(image.Config, first));
                break;
            case "env":
                Assert.Contains(rest, config.GetProperty("Env").EnumerateArray().Select(static each => each.GetString()));
                break;
            case "no-env":
                Assert.DoesNotContain(config.GetProperty("Env").EnumerateArray(), each => each.GetString()!.StartsWith(rest + "=", StringComparison.Ordinal));
                break;
            case "label":
                CheckPair(config.GetProperty("Labels"), rest);
                break;
            case "annotation":
                CheckPair(image.Manifest.GetProperty("annotations"), rest);
                break;
            case "history":
                var history = image.Config.GetProperty("history").EnumerateArray().Select(static each => each.GetProperty("created_by").GetString()!).ToList();
                Assert.Contains(value, history[Position(first, history.Count)], StringComparison.Ordinal);
                break;
            default:
                Assert.Fail($"nobody knows the expectation \"{word}\"");
                break;
        }
    }

    private static void CheckPair(JsonElement set, string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        Assert.Equal(pair[(equals + 1)..], set.GetProperty(pair[..equals]).GetString());
    }

    private static void CheckFile(BuiltImage image, string word, string rest)
    {
        var (path, facts) = Split(rest);
        var file = Get(image, path);
        Assert.Equal(word == "dir", file.Type == TarEntryType.Directory);
        while (facts.Length > 0)
        {
            var (fact, others) = Split(facts);
            if (fact == "text")
            {
                Assert.Equal(JsonDocument.Parse(others).RootElement.GetString(), file.Text);
                return;
            }

            (var value, facts) = Split(others);
            Assert.Equal(value, fact switch
            {
                "mode" => "0" + Convert.ToString(file.Mode, 8),
                "owner" => $"{file.User}:{file.Group}",
                "time" => $"{file.Time.ToUnixTimeSeconds()}",
                _ => throw new InvalidDataException($"nobody knows a file's \"{fact}\""),
            });
        }
    }

    private static BuiltFile Get(BuiltImage image, string path) =>
        image.Files.TryGetValue(path, out var file) ? file : throw new KeyNotFoundException($"the image has no {path}; it has {string.Join(' ', image.Files.Keys.Where(static each => !each.StartsWith("/bin/", StringComparison.Ordinal)))}");

    private static string Member(JsonElement element, string path)
    {
        // Some of the specification's names have dots.
        foreach (var name in element.TryGetProperty(path, out _) ? [path] : path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return "null";
            }
        }

        return element.GetRawText();
    }

    private static int Position(string text, int count) => int.Parse(text) is var position && position < 0 ? count + position : position;

    private static IEnumerable<string> Marked(string error) =>
        error.Split('\n').Where(static line => line.Contains(" | >>> ", StringComparison.Ordinal)).Select(static line => line[..line.IndexOf('|', StringComparison.Ordinal)].Trim());

    /// <summary>The caret's column in the source line above it.</summary>
    private static int Caret(string error)
    {
        const int Shift = 4;
        var line = Assert.Single(error.Split('\n'), static each => each.TrimEnd().EndsWith('^') && each.Contains('|', StringComparison.Ordinal));
        return line.IndexOf('^', StringComparison.Ordinal) - line.IndexOf('|', StringComparison.Ordinal) - Shift - 1;
    }

    private static (string First, string Others) Split(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].TrimStart());
    }
}
