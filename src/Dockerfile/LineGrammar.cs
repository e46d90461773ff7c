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
    private delegate int Scanner(string text, int start);

    private static readonly Parser<Token> Blanks = Scan(SkipBlanks);

    private static readonly Parser<Token> Word = Scan(SkipWord);

    private static readonly Parser<Token> Rest = Scan(static (text, _) => text.Length);

    private static readonly Parser<Token> EndOfFlags = Scan(static (text, start) => IsLoneDashes(text, start) ? SkipBlanks(text, start + 2) : start);

    private static readonly Parser<Token> FlagAndBlanks =
        from flag in (Parser<Token>)ReadFlag
        from blanks in Blanks
        select flag;

    private static readonly Parser<RawInstruction> Instruction =
        from before in Blanks
        from keyword in Word
        from between in Blanks
        from flags in FlagAndBlanks.XMany()
        from dashes in EndOfFlags
        from rest in Rest
        select new RawInstruction(keyword, flags as IReadOnlyList<Token> ?? [.. flags], rest);

    private static readonly Parser<RawInstruction> WholeLine = Instruction.End();

    /// <summary>Splits at blanks: what COPY, EXPOSE and most others do. Quotes mean nothing here.</summary>
    private static readonly Parser<IEnumerable<Token>> BlankSeparated = Separated(SkipWord);

    private static readonly Parser<IEnumerable<Token>> QuotedByBackslash = Separated(static (text, start) => SkipQuotedWord(text, start, '\\'));

    private static readonly Parser<IEnumerable<Token>> QuotedByBacktick = Separated(static (text, start) => SkipQuotedWord(text, start, '`'));

    /// <summary>Reads a logical line.</summary>
    internal static RawInstruction Parse(string line) => WholeLine(new LineInput(line, 0)).Value;

    /// <summary>The words of <paramref name="text"/> between blanks.</summary>
    internal static IReadOnlyList<Token> Words(Token text) => Parse(BlankSeparated, text);

    /// <summary>The words of <paramref name="text"/>; blanks in quotes and behind the escape character don't separate. Quotes stay.</summary>
    internal static IReadOnlyList<Token> QuotedWords(Token text, char escape) =>
        Parse(escape == '`' ? QuotedByBacktick : QuotedByBackslash, text);

    private static IReadOnlyList<Token> Parse(Parser<IEnumerable<Token>> parser, Token text) =>
        [.. parser(new LineInput(text.Text, 0)).Value.Select(word => word with { Start = word.Start + text.Start })];

    private static Parser<IEnumerable<Token>> Separated(Scanner scanner) =>
        from before in Blanks
        from words in
            (from word in Scan(scanner, mustTake: true)
             from blanks in Blanks
             select word).XMany().End()
        select words;

    /// <summary>A primitive: a function that finds the end of a token. Taking nothing where something is wanted fails.</summary>
    private static Parser<Token> Scan(Scanner scanner, bool mustTake = false) => input =>
    {
        var end = scanner(input.Source, input.Position);
        return mustTake && end == input.Position
            ? Result.Failure<Token>(input, "nothing of this kind here", [])
            : Result.Success(new Token(input.Source[input.Position..end], input.Position, end - input.Position), new LineInput(input.Source, end));
    };

    /// <summary>A word that starts with two dashes and isn't only them. Quotes around its parts go, and so does a backslash before anything.</summary>
    private static IResult<Token> ReadFlag(IInput input)
    {
        var (text, start) = (input.Source, input.Position);
        if (!text.AsSpan(start).StartsWith("--") || IsLoneDashes(text, start))
        {
            return Result.Failure<Token>(input, "no flag here", []);
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

        return Result.Success(new Token(value.ToString(), start, i - start), new LineInput(text, i));
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
