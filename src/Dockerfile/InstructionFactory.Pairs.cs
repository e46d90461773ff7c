using System.Text.RegularExpressions;

namespace Bld.Dockerfile;

/// <summary>FROM, and the instructions made of names and values.</summary>
internal sealed partial class InstructionFactory
{
    [GeneratedRegex("^[a-z][a-z0-9-_.]*$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex StageNamePattern { get; }

    private static FromInstruction From(RawInstruction raw, InstructionFlags flags)
    {
        var words = LineGrammar.Words(raw.Rest);
        var platform = flags.Text("platform");
        switch (words.Count)
        {
            case 1:
                return new FromInstruction { Image = words[0].Text, Platform = platform };
            case 3 when words[1].Text.Equals("AS", StringComparison.OrdinalIgnoreCase):
                return StageNamePattern.IsMatch(words[2].Text.ToLowerInvariant())
                    ? new FromInstruction { Image = words[0].Text, Platform = platform, StageName = words[2].Text, AsKeyword = words[1].Text }
                    : throw new DockerfileException(
                        $"invalid name for build stage: \"{words[2].Text}\", name can't start with a number or contain symbols");
            default:
                throw new DockerfileException("FROM requires either one or three arguments");
        }
    }

    private ArgInstruction Arg(RawInstruction raw)
    {
        var words = LineGrammar.QuotedWords(raw.Rest, escape);
        if (words.Count == 0)
        {
            throw new DockerfileException("ARG requires at least one argument");
        }

        return new ArgInstruction { Arguments = [.. words.Select(Declaration)] };
    }

    private static ArgumentDeclaration Declaration(Token word)
    {
        var equals = word.Text.IndexOf('=');
        return equals switch
        {
            < 0 => new ArgumentDeclaration(word.Text, null),
            0 => throw new DockerfileException("ARG names can not be blank"),
            _ => new ArgumentDeclaration(word.Text[..equals], word.Text[(equals + 1)..]),
        };
    }

    private EnvInstruction Env(RawInstruction raw)
    {
        var (pairs, legacy) = Pairs("ENV", raw);
        return new EnvInstruction { Pairs = pairs, IsLegacy = legacy };
    }

    private LabelInstruction Label(RawInstruction raw)
    {
        var (pairs, legacy) = Pairs("LABEL", raw);
        return new LabelInstruction { Pairs = pairs, IsLegacy = legacy };
    }

    private (IReadOnlyList<WordPair> Pairs, bool IsLegacy) Pairs(string keyword, RawInstruction raw)
    {
        var words = LineGrammar.QuotedWords(raw.Rest, escape);
        if (words.Count == 0)
        {
            throw new DockerfileException($"{keyword} requires at least one argument");
        }

        // The first word decides between NAME=VALUE … and the old NAME VALUE.
        if (words[0].Text.Contains('='))
        {
            return ([.. words.Select(word => Pair(keyword, word.Text))], false);
        }

        if (words.Count == 1)
        {
            throw new DockerfileException($"{keyword} must have two arguments");
        }

        var rest = raw.Rest.Text[(words[1].Start - raw.Rest.Start)..];
        return ([new WordPair(words[0].Text, rest)], true);
    }

    private static WordPair Pair(string keyword, string word)
    {
        var equals = word.IndexOf('=');
        return equals switch
        {
            < 0 => throw new DockerfileException($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value"),
            0 => throw new DockerfileException($"{keyword} names can not be blank"),
            _ => new WordPair(word[..equals], word[(equals + 1)..]),
        };
    }
}
