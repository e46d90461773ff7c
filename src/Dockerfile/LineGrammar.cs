using System.Text;

using Sprache;

namespace Bld.Dockerfile;

/// <summary>What every instruction looks like: a word, flags, and the rest, whose form depends on the word.</summary>
internal sealed record RawInstruction(Token Keyword, IReadOnlyList<Token> Flags, Token Rest);

/// <summary>
/// The grammar of one logical line. Characters are scanned by primitives of our own, because Sprache's make an object each;
/// its combinators put the tokens together. Nothing in it can fail: what a line means is judged by <see cref="InstructionFactory"/>.
/// </summary>
internal static class LineGrammar
{
    private static readonly Token[] NoFlags = [];

    /// <summary>The first word, and the blanks around it.</summary>
    private static readonly Parser<Token> Keyword = static input =>
    {
        var start = SkipBlanks(input.Source, input.Position);
        return Success(input.Source, start, SkipWord(input.Source, start));
    };

    /// <summary>A word that starts with two dashes and isn't only them.</summary>
    private static readonly Parser<Token> Flag = static input => StartsFlag(input.Source, input.Position) ? ReadFlag(input) : Nothing(input);

    /// <summary>All that is left, without the dashes that end the flags.</summary>
    private static readonly Parser<Token> Rest = static input =>
    {
        var start = IsLoneDashes(input.Source, input.Position) ? SkipBlanks(input.Source, input.Position + 2) : input.Position;
        return Success(input.Source, start, input.Source.Length);
    };

    private static readonly Parser<IEnumerable<Token>> SomeFlags = Flag.XMany();

    // Most instructions have none, and finding that out by a failed parser costs more than all the rest.
    private static readonly Parser<IEnumerable<Token>> Flags = static input =>
        StartsFlag(input.Source, input.Position) ? SomeFlags(input) : Result.Success<IEnumerable<Token>>(NoFlags, input);

    private static readonly Parser<RawInstruction> Instruction =
        from keyword in Keyword
        from flags in Flags
        from rest in Rest
        select new RawInstruction(keyword, flags as IReadOnlyList<Token> ?? [.. flags], rest);

    /// <summary>Splits at blanks: what COPY, EXPOSE and most others do. Quotes mean nothing here.</summary>
    private static readonly Parser<IReadOnlyList<Token>> BlankSeparated = Words(SkipWord);

    private static readonly Parser<IReadOnlyList<Token>> QuotedByBackslash = Words(static (text, start) => SkipQuotedWord(text, start, '\\'));

    private static readonly Parser<IReadOnlyList<Token>> QuotedByBacktick = Words(static (text, start) => SkipQuotedWord(text, start, '`'));

    /// <summary>Reads a logical line.</summary>
    internal static RawInstruction Parse(string line) => Instruction(new LineInput(line, 0)).Value;

    /// <summary>The words of <paramref name="text"/> between blanks.</summary>
    internal static IReadOnlyList<Token> Words(Token text) => Parse(BlankSeparated, text);

    /// <summary>The words of <paramref name="text"/>; blanks in quotes and behind the escape character don't separate. Quotes stay.</summary>
    internal static IReadOnlyList<Token> QuotedWords(Token text, char escape) =>
        Parse(escape == '`' ? QuotedByBacktick : QuotedByBackslash, text);

    private static List<Token> Parse(Parser<IReadOnlyList<Token>> parser, Token text)
    {
        var words = (List<Token>)parser(new LineInput(text.Text, 0)).Value;
        for (var i = 0; i < words.Count; i++)
        {
            words[i] = words[i] with { Start = words[i].Start + text.Start };
        }

        return words;
    }

    /// <summary>A primitive for a whole list of words, because one step of Sprache a word is what would cost most in a long file.</summary>
    private static Parser<IReadOnlyList<Token>> Words(Func<string, int, int> findEnd)
    {
        Parser<IReadOnlyList<Token>> words = input =>
        {
            var text = input.Source;
            var list = new List<Token>();
            var start = SkipBlanks(text, input.Position);
            while (start < text.Length)
            {
                var end = findEnd(text, start);
                list.Add(new Token(text[start..end], start, end - start));
                start = SkipBlanks(text, end);
            }

            return Result.Success<IReadOnlyList<Token>>(list, new LineInput(text, start));
        };
        return words.End();
    }

    /// <summary>A token; the blanks behind it are taken too.</summary>
    private static IResult<Token> Success(string text, int start, int end) =>
        Result.Success(new Token(text[start..end], start, end - start), new LineInput(text, SkipBlanks(text, end)));

    private static IResult<Token> Nothing(IInput input) => Result.Failure<Token>(input, "nothing of this kind here", []);

    private static bool StartsFlag(string text, int start) => text.AsSpan(start).StartsWith("--") && !IsLoneDashes(text, start);

    /// <summary>Quotes around a flag's parts go, and so does a backslash before anything.</summary>
    private static IResult<Token> ReadFlag(IInput input)
    {
        var (text, start) = (input.Source, input.Position);
        var plain = SkipWord(text, start);
        if (text.AsSpan(start..plain).IndexOfAny('"', '\'', '\\') < 0)
        {
            return Success(text, start, plain);
        }

        var value = new StringBuilder();
        var quote = '\0';
        var i = start;
        for (; i < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[i])); i++)
        {
            if (text[i] == quote || (quote == '\0' && text[i] is '"' or '\''))
            {
                quote = quote == '\0' ? text[i] : '\0';
                continue;
            }

            i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
            value.Append(text[i]);
        }

        return Result.Success(new Token(value.ToString(), start, i - start), new LineInput(text, SkipBlanks(text, i)));
    }

    private static int SkipQuotedWord(string text, int start, char escape)
    {
        var quote = '\0';
        var i = start;
        for (; i < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[i])); i++)
        {
            if (text[i] == escape && quote != '\'')
            {
                i++;
            }
            else if (text[i] == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && text[i] is '"' or '\'')
            {
                quote = text[i];
            }
        }

        return Math.Min(i, text.Length);
    }

    private static bool IsLoneDashes(string text, int start) =>
        text.AsSpan(start).StartsWith("--") && (start + 2 == text.Length || char.IsWhiteSpace(text[start + 2]));

    private static int SkipBlanks(string text, int start)
    {
        while (start < text.Length && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        return start;
    }

    private static int SkipWord(string text, int start)
    {
        while (start < text.Length && !char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        return start;
    }
}
