using System.Text;

using Sprache;

namespace Bld.Dockerfile;

/// <summary>
/// The grammar of one logical line. Characters are scanned by primitives of our own, because Sprache's make an object each;
/// its combinators put the tokens together. Nothing in it can fail: what a line means is judged by <see cref="InstructionFactory"/>.
/// </summary>
internal static class LineGrammar
{
    private static readonly Token[] NoFlags = [];

    /// <summary>A word that starts with two dashes and isn't only them.</summary>
    private static readonly Parser<Token> Flag = static input => StartsFlag(input.Source, input.Position) ? ReadFlag(input) : Nothing(input);

    private static readonly Parser<IEnumerable<Token>> Flags = Flag.XMany();

    /// <summary>
    /// The first word, the flags, and all that is left without the dashes that end the flags. In one step, because most instructions
    /// have no flags, and finding that out by a parser that fails costs more than all the rest.
    /// </summary>
    private static readonly Parser<RawInstruction> Instruction = static input =>
    {
        var text = input.Source;
        var start = SkipBlanks(text, input.Position);
        var end = SkipWord(text, start);
        var keyword = new Token(InstructionFactory.KeywordText(text.AsSpan(start..end)), start, end - start);
        IReadOnlyList<Token> flags = NoFlags;
        var rest = SkipBlanks(text, end);
        if (StartsFlag(text, rest))
        {
            var read = Flags(new LineInput(text, rest));
            flags = [.. read.Value];
            rest = read.Remainder.Position;
        }

        rest = IsLoneDashes(text, rest) ? SkipBlanks(text, rest + 2) : rest;
        return Result.Success(new RawInstruction(keyword, flags, text, rest), new LineInput(text, text.Length));
    };

    /// <summary>Splits at blanks: what COPY, EXPOSE and most others do. Quotes mean nothing here.</summary>
    private static readonly Parser<IReadOnlyList<Token>> BlankSeparated = Words(SkipWord);

    private static readonly Parser<IReadOnlyList<Token>> QuotedByBackslash = Words(static (text, start) => SkipQuotedWord(text, start, '\\'));

    private static readonly Parser<IReadOnlyList<Token>> QuotedByBacktick = Words(static (text, start) => SkipQuotedWord(text, start, '`'));

    /// <summary>Reads a logical line, or what begins in it at a position.</summary>
    internal static RawInstruction Parse(string line, int start = 0) => Instruction(new LineInput(line, start)).Value;

    /// <summary>The words of an instruction's rest between blanks, where only what they are matters.</summary>
    internal static string[] WordTexts(RawInstruction raw)
    {
        var (text, count) = (raw.Line, 0);
        for (var start = raw.Start; start < text.Length; start = SkipBlanks(text, SkipWord(text, start)))
        {
            count++;
        }

        var words = new string[count];
        for (var (i, start) = (0, raw.Start); i < count; i++)
        {
            var end = SkipWord(text, start);
            words[i] = text[start..end];
            start = SkipBlanks(text, end);
        }

        return words;
    }

    /// <summary>The words of an instruction's rest between blanks.</summary>
    internal static IReadOnlyList<Token> Words(RawInstruction raw) => BlankSeparated(new LineInput(raw.Line, raw.Start)).Value;

    /// <summary>The words of an instruction's rest; blanks in quotes and behind the escape character don't separate. Quotes stay.</summary>
    internal static IReadOnlyList<Token> QuotedWords(RawInstruction raw, char escape) =>
        (escape == '`' ? QuotedByBacktick : QuotedByBackslash)(new LineInput(raw.Line, raw.Start)).Value;

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
