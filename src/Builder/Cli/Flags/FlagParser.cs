using Bld.Dockerfile;

namespace Bld.Builder.Cli.Flags;

/// <summary>
/// Reads command lines by the rules of Go's pflag, because scripts were written for a program that uses it: <c>--name value</c>,
/// <c>--name=value</c>, booleans that take a value only behind <c>=</c>, <c>-abc</c> and <c>-fvalue</c>, <c>--</c>.
/// </summary>
/// <param name="flags">The flags that there are.</param>
/// <param name="stopsAtArgument">Whether everything behind the first argument is an argument too.</param>
internal sealed class FlagParser(IReadOnlyList<Flag> flags, bool stopsAtArgument)
{
    /// <summary>Reads words.</summary>
    /// <exception cref="UsageException">A flag is unknown, or lacks its value.</exception>
    public ParsedFlags Parse(ReadOnlySpan<string> words)
    {
        var parsed = new ParsedFlags();
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                parsed.Arguments.AddRange(words[(i + 1)..]);
                break;
            }

            if (word.StartsWith("--"))
            {
                i += ReadLong(parsed, word, words[(i + 1)..]);
            }
            else if (word.Length > 1 && word[0] == '-')
            {
                i += ReadShort(parsed, word, words[(i + 1)..]);
            }
            else if (stopsAtArgument)
            {
                parsed.Arguments.AddRange(words[i..]);
                break;
            }
            else
            {
                parsed.Arguments.Add(word);
            }
        }

        return parsed;
    }

    /// <summary>Takes a long flag; gives the number of further words that it took.</summary>
    private int ReadLong(ParsedFlags parsed, string word, ReadOnlySpan<string> following)
    {
        var equals = word.IndexOf('=');
        var name = equals < 0 ? word[2..] : word[2..equals];
        var flag = flags.FirstOrDefault(each => each.Answers(name))
            ?? throw new UsageException($"unknown flag: --{name}{Suggestion.Text(name, flags.Select(static each => each.Name), "--")}");
        if (equals >= 0)
        {
            parsed.Add(flag.Name, word[(equals + 1)..]);
            return 0;
        }

        return TakeValue(parsed, flag, $"--{name}", following);
    }

    private int ReadShort(ParsedFlags parsed, string word, ReadOnlySpan<string> following)
    {
        for (var i = 1; i < word.Length; i++)
        {
            var letter = word[i];
            var flag = flags.FirstOrDefault(each => each.Short == letter)
                ?? throw new UsageException($"unknown shorthand flag: '{letter}' in {word}");
            if (!flag.TakesWord && !word.AsSpan(i + 1).StartsWith('='))
            {
                parsed.Add(flag.Name, flag.Implied ?? "true");
                continue;
            }

            if (i + 1 == word.Length)
            {
                return TakeValue(parsed, flag, $"'{letter}' in {word}", following);
            }

            var value = word[(i + 1)..];
            parsed.Add(flag.Name, value.StartsWith('=') ? value[1..] : value);
            return 0;
        }

        return 0;
    }

    private static int TakeValue(ParsedFlags parsed, Flag flag, string shown, ReadOnlySpan<string> following)
    {
        if (!flag.TakesWord && (following.IsEmpty || !flag.Takes(following[0])))
        {
            parsed.Add(flag.Name, flag.Implied ?? "true");
            return 0;
        }

        if (following.IsEmpty)
        {
            throw new UsageException($"flag needs an argument: {shown}");
        }

        parsed.Add(flag.Name, following[0]);
        return 1;
    }
}
