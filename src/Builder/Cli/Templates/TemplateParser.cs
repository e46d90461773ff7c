namespace Bld.Builder.Cli.Templates;

/// <summary>Makes nodes of a template's tokens.</summary>
internal sealed class TemplateParser
{
    private static readonly string[] NotDone = ["define", "template", "block"];

    private readonly string _source;
    private readonly IReadOnlyList<TemplateToken> _tokens;
    private readonly HashSet<string> _variables = new(StringComparer.Ordinal) { "" };
    private int _at;
    private int _loops;

    private TemplateParser(string source)
    {
        _source = source;
        _tokens = new TemplateLexer(source).Read();
    }

    private TemplateToken Token => _tokens[_at];

    /// <summary>The pieces of a template.</summary>
    /// <exception cref="TemplateException">It can't be read.</exception>
    public static IReadOnlyList<TemplateNode> Parse(string source)
    {
        var parser = new TemplateParser(source);
        var nodes = parser.ReadNodes(out var end);
        return end is null ? nodes : throw parser.Error($"unexpected {{{{{end}}}}}");
    }

    /// <summary>Reads nodes up to <c>end</c> or <c>else</c> (which is taken, with its <c>{{</c>) or the template's end.</summary>
    private List<TemplateNode> ReadNodes(out string? end)
    {
        var nodes = new List<TemplateNode>();
        while (Token.Kind != TokenKind.End)
        {
            if (Token.Kind == TokenKind.Text)
            {
                nodes.Add(new TextNode(Token.Text));
                _at++;
                continue;
            }

            _at++;
            if (Token is { Kind: TokenKind.Word, Text: "end" or "else" })
            {
                end = Token.Text;
                _at++;
                return nodes;
            }

            nodes.Add(ReadAction());
        }

        end = null;
        return nodes;
    }

    private TemplateNode ReadAction()
    {
        var word = Token.Kind == TokenKind.Word ? Token.Text : "";
        switch (word)
        {
            case "if" or "range" or "with":
                _at++;
                return ReadBranch(word);
            case "break" or "continue":
                _at++;
                TakeClose();
                return _loops > 0 ? new JumpNode(word == "break") : throw Error($"{{{{{word}}}}} outside {{{{range}}}}");
            case var _ when NotDone.Contains(word):
                throw Error($"{{{{{word}}}}} is not supported: templates of one command have no parts");
            default:
                var pipeline = ReadPipeline(ranges: false);
                TakeClose();
                return new ActionNode(pipeline);
        }
    }

    private BranchNode ReadBranch(string word)
    {
        var kind = word switch { "if" => BranchKind.If, "range" => BranchKind.Range, _ => BranchKind.With };
        var known = new HashSet<string>(_variables, StringComparer.Ordinal);
        var pipeline = ReadPipeline(kind == BranchKind.Range);
        TakeClose();
        _loops += kind == BranchKind.Range ? 1 : 0;
        var body = ReadNodes(out var end);
        _loops -= kind == BranchKind.Range ? 1 : 0;
        var otherwise = end == "else" ? ReadElse() : [];
        if (end is null)
        {
            throw Error("unexpected EOF: {{" + word + "}} has no {{end}}");
        }

        if (end == "end")
        {
            TakeClose();
        }

        _variables.IntersectWith(known);
        return new BranchNode(kind, pipeline, body, otherwise);
    }

    private List<TemplateNode> ReadElse()
    {
        // {{else if …}} shares its end with the one that it belongs to.
        if (Token is { Kind: TokenKind.Word, Text: "if" or "with" })
        {
            var word = Token.Text;
            _at++;
            return [ReadBranch(word)];
        }

        TakeClose();
        var nodes = ReadNodes(out var end);
        if (end != "end")
        {
            throw Error(end is null ? "unexpected EOF: {{else}} has no {{end}}" : "expected end; found {{else}}");
        }

        TakeClose();
        return nodes;
    }

    private Pipeline ReadPipeline(bool ranges)
    {
        var start = Token.At;
        var (variables, declares) = ReadVariables(ranges);
        var commands = new List<IReadOnlyList<Operand>> { ReadCommand() };
        while (IsSign("|"))
        {
            _at++;
            commands.Add(ReadCommand());
        }

        // What is declared is known from here on; its own value can't use it.
        _variables.UnionWith(variables);
        return new Pipeline(variables, declares, commands, _source[start..Math.Min(Token.At, _source.Length)].TrimEnd('}', ' ', '-'));
    }

    private (IReadOnlyList<string> Names, bool Declares) ReadVariables(bool ranges)
    {
        if (Token.Kind != TokenKind.Variable)
        {
            return ([], false);
        }

        var first = Token.Text;
        var next = _tokens[_at + 1];
        if (next is { Kind: TokenKind.Sign, Text: ":=" or "=" })
        {
            _at += 2;
            return ([first], next.Text == ":=");
        }

        if (ranges && next is { Kind: TokenKind.Sign, Text: "," } && _tokens[_at + 2].Kind == TokenKind.Variable
            && _tokens[_at + 3] is { Kind: TokenKind.Sign, Text: ":=" or "=" } sign)
        {
            var second = _tokens[_at + 2].Text;
            _at += 4;
            return ([first, second], sign.Text == ":=");
        }

        return ([], false);
    }

    private List<Operand> ReadCommand()
    {
        var words = new List<Operand>();
        while (Token.Kind is not (TokenKind.Close or TokenKind.End) && !IsSign("|") && !IsSign(")"))
        {
            words.Add(ReadOperand());
        }

        return words.Count > 0 ? words : throw Error("missing value for command");
    }

    private Operand ReadOperand()
    {
        var operand = ReadPlain();
        var fields = new List<string>();
        while (Token is { Kind: TokenKind.Field, Spaced: false })
        {
            fields.Add(Token.Text);
            _at++;
        }

        return fields.Count == 0 ? operand
            : operand is FieldOperand chain ? chain with { Fields = [.. chain.Fields, .. fields] }
            : operand is LiteralOperand or FunctionOperand ? throw Error("unexpected field after a literal or a function; put it in parentheses")
            : new FieldOperand(operand, fields);
    }

    private Operand ReadPlain()
    {
        var token = Token;
        _at++;
        return token switch
        {
            { Kind: TokenKind.Field } => new FieldOperand(new DotOperand(), [token.Text]),
            { Kind: TokenKind.Variable } => _variables.Contains(token.Text) ? new VariableOperand(token.Text) : throw Error($"undefined variable \"${token.Text}\""),
            { Kind: TokenKind.Literal } => new LiteralOperand(token.Value),
            { Kind: TokenKind.Word } => ReadWord(token.Text),
            { Kind: TokenKind.Sign, Text: "." } => new DotOperand(),
            { Kind: TokenKind.Sign, Text: "(" } => ReadParentheses(),
            _ => throw Error($"unexpected \"{token.Text}\" in command"),
        };
    }

    private Operand ReadWord(string word) => word switch
    {
        "true" => new LiteralOperand(true),
        "false" => new LiteralOperand(false),
        "nil" => new LiteralOperand(null),
        _ => TemplateFunctions.Exists(word) ? new FunctionOperand(word) : throw Error($"function \"{word}\" not defined"),
    };

    private PipelineOperand ReadParentheses()
    {
        var pipeline = ReadPipeline(ranges: false);
        if (!IsSign(")"))
        {
            throw Error("unclosed left paren");
        }

        _at++;
        return new PipelineOperand(pipeline);
    }

    private bool IsSign(string text) => Token.Kind == TokenKind.Sign && Token.Text == text;

    private void TakeClose()
    {
        if (Token.Kind != TokenKind.Close)
        {
            throw Error($"unexpected \"{Token.Text}\" in operand");
        }

        _at++;
    }

    private TemplateException Error(string what) => new($"cannot read the template \"{_source}\": {what}");
}
