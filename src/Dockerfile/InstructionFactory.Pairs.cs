using System.Buffers;

namespace Bld.Dockerfile;

/// <summary>FROM, and the instructions made of names and values.</summary>
internal sealed partial class InstructionFactory
{
    private static readonly SearchValues<char> StageNameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    private static FromInstruction From(RawInstruction raw, InstructionFlags flags)
    {
        var words = LineGrammar.Words(raw);
        var platform = flags.Text("platform");
        switch (words.Count)
        {
            case 1:
                return new FromInstruction { Image = words[0].Text, Platform = platform };
            case 3 when words[1].Text.Equals("AS", StringComparison.OrdinalIgnoreCase):
                return IsStageName(words[2].Text)
                    ? new FromInstruction { Image = words[0].Text, Platform = platform, StageName = words[2].Text, AsKeyword = words[1].Text }
                    : throw new DockerfileException(
                        $"invalid name for build stage: {GoText.Quote(words[2].Text)}, name can't start with a number or contain symbols", words[2]);
            default:
                throw new DockerfileException("FROM requires either one or three arguments", words.Count == 0 ? raw.Keyword : words[^1]);
        }
    }

    private static bool IsStageName(string name) =>
        char.IsAsciiLetter(name[0]) && !name.AsSpan().ContainsAnyExcept(StageNameCharacters);

    private ArgInstruction Arg(RawInstruction raw)
    {
        var words = LineGrammar.QuotedWords(raw, escape);
        if (words.Count == 0)
        {
            throw new DockerfileException("ARG requires at least one argument");
        }

        var arguments = new ArgumentDeclaration[words.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Declaration(words[i]);
        }

        return new ArgInstruction { Arguments = arguments };
    }

    private static ArgumentDeclaration Declaration(Token word)
    {
        var equals = word.Text.IndexOf('=');
        return equals switch
        {
            < 0 => new ArgumentDeclaration(word.Text, null),
            0 => throw new DockerfileException("ARG names can not be blank", word),
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
        var words = LineGrammar.QuotedWords(raw, escape);
        if (words.Count == 0)
        {
            throw new DockerfileException($"{keyword} requires at least one argument");
        }

        // The first word decides between NAME=VALUE … and the old NAME VALUE.
        if (words[0].Text.Contains('='))
        {
            var pairs = new WordPair[words.Count];
            for (var i = 0; i < pairs.Length; i++)
            {
                pairs[i] = Pair(keyword, words[i]);
            }

            return (pairs, false);
        }

        var plain = LineGrammar.Words(raw);
        return plain.Count == 1
            ? throw new DockerfileException($"{keyword} must have two arguments", words[0])
            : ([new WordPair(plain[0].Text, raw.Line[plain[1].Start..])], true);
    }

    private static WordPair Pair(string keyword, Token word)
    {
        var equals = word.Text.IndexOf('=');
        return equals switch
        {
            < 0 => throw new DockerfileException(
                $"Syntax error - can't find = in {GoText.Quote(word.Text)}. Must be of the form: name=value", word),
            0 => throw new DockerfileException($"{keyword} names can not be blank", word),
            _ => new WordPair(word.Text[..equals], word.Text[(equals + 1)..]),
        };
    }
}
