using Bld.Dockerfile.Checks;

namespace Bld.Dockerfile.Tests.Checks;

/// <summary>
/// What a corpus case of the checks adds to its Dockerfile, a line each: <c>arg NAME=VALUE</c>, <c>platform NAME=VALUE</c>,
/// <c>image NAME [VARIABLE=VALUE | shell | platform:OS/ARCH]…</c>, <c>ignored PATTERN</c> (a plain path, <c>*</c> or <c>.*</c>).
/// Images that aren't named are unknown.
/// </summary>
internal static class CaseOptions
{
    internal static CheckOptions Read(string path)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        var platform = new Dictionary<string, string>(StringComparer.Ordinal) { ["TARGETPLATFORM"] = "linux/amd64", ["BUILDPLATFORM"] = "linux/amd64" };
        var images = new Dictionary<string, BaseImageFacts>(StringComparer.Ordinal);
        var ignored = new List<string>();
        foreach (var line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            var words = line.Split(' ');
            switch (words[0])
            {
                case "arg":
                    Put(arguments, words[1]);
                    break;
                case "platform":
                    Put(platform, words[1]);
                    break;
                case "image":
                    images[words[1]] = Image(words.Skip(2));
                    break;
                case "ignored":
                    ignored.Add(words[1]);
                    break;
                default:
                    throw new InvalidOperationException(line);
            }
        }

        return new CheckOptions
        {
            BuildArguments = arguments,
            PlatformArguments = platform,
            BaseImage = images.GetValueOrDefault,
            IsIgnored = ignored.Count == 0 ? null : file => ignored.Exists(pattern => Matches(pattern, file)),
        };
    }

    private static BaseImageFacts Image(IEnumerable<string> words)
    {
        var facts = new BaseImageFacts(new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var word in words)
        {
            if (word == "shell")
            {
                facts = facts with { HasShell = true };
            }
            else if (word.StartsWith("platform:", StringComparison.Ordinal))
            {
                facts = facts with { Platform = word["platform:".Length..] };
            }
            else
            {
                var environment = new Dictionary<string, string>(facts.Environment, StringComparer.Ordinal);
                Put(environment, word);
                facts = facts with { Environment = environment };
            }
        }

        return facts;
    }

    private static void Put(Dictionary<string, string> pairs, string pair)
    {
        var parts = pair.Split('=', 2);
        pairs[parts[0]] = parts[1];
    }

    private static bool Matches(string pattern, string file) => pattern switch
    {
        "*" => true,
        ".*" => file.StartsWith('.'),
        _ => file == pattern,
    };
}
