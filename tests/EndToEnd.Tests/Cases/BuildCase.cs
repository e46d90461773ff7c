namespace Bld.EndToEnd.Tests.Cases;

/// <summary>One part of a case: what stands behind <c>--</c> and the lines below it.</summary>
internal sealed record CasePart(string Kind, string Argument, string Body);

/// <summary>
/// A case of the corpus: a Dockerfile, the files beside it, one or more builds and what is expected of each. A file of the corpus
/// holds the cases of one topic:
/// <code>
/// == the rule, as a sentence
/// -- Dockerfile
/// FROM base
/// -- file a/b
/// content
/// -- build --build-arg X=1
/// file /a mode 0644 text "content\n"
/// </code>
/// The other parts are <c>dir</c>, <c>link A -> B</c>, <c>delete</c>, <c>http PATH</c> and <c>sh</c>, a script that runs in the context.
/// A build's lines are read by <see cref="Expectation"/>.
/// </summary>
internal sealed record BuildCase(string Topic, string Name, IReadOnlyList<CasePart> Parts)
{
    private const string CaseMark = "== ";
    private const string PartMark = "-- ";

    internal static string Folder => Path.Combine(BldHome.Root, "tests", "EndToEnd.Tests", "corpus");

    internal static IEnumerable<BuildCase> All() =>
        Directory.GetFiles(Folder, "*.cases").Order(StringComparer.Ordinal).SelectMany(Read);

    internal static BuildCase Find(string topic, string name) =>
        Read(Path.Combine(Folder, topic + ".cases")).Single(each => each.Name == name);

    private static List<BuildCase> Read(string path)
    {
        var topic = Path.GetFileNameWithoutExtension(path);
        var cases = new List<BuildCase>();
        List<CasePart> parts = [];
        foreach (var line in File.ReadAllText(path).Split('\n')[..^1])
        {
            if (line.StartsWith(CaseMark, StringComparison.Ordinal))
            {
                parts = [];
                cases.Add(new BuildCase(topic, line[CaseMark.Length..], parts));
            }
            else if (line.StartsWith(PartMark, StringComparison.Ordinal))
            {
                var words = line[PartMark.Length..].Split(' ', 2);
                parts.Add(new CasePart(words[0], words.Length > 1 ? words[1] : "", ""));
            }
            else if (parts.Count > 0)
            {
                parts[^1] = parts[^1] with { Body = parts[^1].Body + line + "\n" };
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                throw new InvalidDataException($"{path}: outside of any case: {line}");
            }
        }

        return cases;
    }
}
