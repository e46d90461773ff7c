using Sprache;

namespace Bld.Dockerfile;

/// <summary>What every instruction looks like: a word, flags, and the rest, whose form depends on the word.</summary>
internal sealed record RawInstruction(Token Keyword, IReadOnlyList<Token> Flags, Token Rest);

/// <summary>
/// The grammar of one logical line. Characters are scanned by primitives of our own, because Sprache's make an object each;
/// its combinators put the tokens together.
/// </summary>
internal static class LineGrammar
{
    private static readonly Parser<Token> Blanks = Scan(static (text, start) => (SkipBlanks(text, start), ""));

    private static readonly Parser<Token> Keyword = Scan(static (text, start) =>
    {
        var end = SkipWord(text, start);
        return (end, text[start..end]);
    });

    private static readonly Parser<Token> Flag = Scan(ReadFlag).Named("flag");

    private static readonly Parser<Token> Rest = Scan(static (text, start) => (text.Length, text[start..]));

    private static readonly Parser<Token> EndOfFlags = Scan(static (text, start) =>
        IsLoneDashes(text, start) ? (SkipBlanks(text, start + 2), "") : (start, ""));

    private static readonly Parser<RawInstruction> Instruction =
        from before in Blanks
        from keyword in Keyword
        from between in Blanks
        from flags in FlagAndBlanks.XMany()
        from dashes in EndOfFlags
        from rest in Rest
        select new RawInstruction(keyword, [.. flags], rest);

    /// <summary>Splits at blanks: what COPY, EXPOSE and most others do. Quotes mean nothing here.</summary>
    private static readonly Parser<IEnumerable<Token>> BlankSeparated = WordAndBlanks(static (text, start) =>
    {
        var end = SkipWord(text, start);
        return (end, text[start..end]);
    }).XMany();

    private static Parser<Token> FlagAndBlanks =>
        from flag in Flag
        from blanks in Blanks
        select flag;

    /// <summary>Reads a logical line.</summary>
    internal static RawInstruction Parse(string line) => Instruction(new LineInput(line, 0)).Value;

    /// <summary>The words of <paramref name="text"/> between blanks.</summary>
    internal static IReadOnlyList<Token> Words(Token text) => [.. Shifted(BlankSeparated, text)];

    /// <summary>The words of <paramref name="text"/>; blanks in quotes and behind the escape character don't separate. Quotes stay.</summary>
    internal static IReadOnlyList<Token> QuotedWords(Token text, char escape) =>
        [.. Shifted(WordAndBlanks((line, start) => ReadQuotedWord(line, start, escape)).XMany(), text)];

    private static IEnumerable<Token> Shifted(Parser<IEnumerable<Token>> parser, Token text)
    {
        var trimmed = SkipBlanks(text.Text, 0);
        return parser(new LineInput(text.Text, trimmed)).Value.Select(word => word with { Start = word.Start + text.Start });
    }

    private static Parser<Token> WordAndBlanks(Func<string, int, (int End, string Text)> read) =>
        from word in Scan(read)
        where word.Length > 0
        from blanks in Blanks
        select word;

    /// <summary>A primitive: a function that finds the end of a token and its text. Taking nothing where something is wanted fails.</summary>
    private static Parser<Token> Scan(Func<string, int, (int End, string Text)> read) => input =>
    {
        var (end, text) = read(input.Source, input.Position);
        return end < 0
            ? Result.Failure<Token>(input, "nothing of this kind here", [])
            : Result.Success(new Token(text, input.Position, end - input.Position), new LineInput(input.Source, end));
    };

    private static (int End, string Text) ReadFlag(string text, int start)
    {
        if (!text.AsSpan(start).StartsWith("--") || IsLoneDashes(text, start))
        {
            return (-1, "");
        }

        var value = new System.Text.StringBuilder();
        var quote = '\0';
        var i = start;
        for (; i < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[i])); i++)
        {
            if (quote == '\0' && text[i] is '"' or '\'')
            {
                quote = text[i];
            }
            else if (quote != '\0' && text[i] == quote)
            {
                quote = '\0';
            }
            else
            {
                i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
                value.Append(text[i]);
            }
        }

        return (i, value.ToString());
    }

    private static (int End, string Text) ReadQuotedWord(string text, int start, char escape)
    {
        var quote = '\0';
        var i = start;
        for (; i < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[i])); i++)
        {
            if (text[i] == escape && quote != '\'')
            {
                i++;
            }
            else if (quote == '\0' && text[i] is '"' or '\'')
            {
                quote = text[i];
            }
            else if (quote == text[i])
            {
                quote = '\0';
            }
        }

        i = Math.Min(i, text.Length);
        return (i, text[start..i]);
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
