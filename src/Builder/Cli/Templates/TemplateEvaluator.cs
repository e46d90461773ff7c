using System.Text;

namespace Bld.Builder.Cli.Templates;

/// <summary>Applies a template to one value.</summary>
internal sealed class TemplateEvaluator
{
    private readonly string _source;
    private readonly StringBuilder _output;
    private readonly List<(string Name, object? Value)> _variables = [];

    internal TemplateEvaluator(string source, object? root, StringBuilder output)
    {
        _source = source;
        _output = output;
        _variables.Add(("", root));
    }

    private enum Jump
    {
        None,
        Break,
        Continue,
    }

    internal void Run(IReadOnlyList<TemplateNode> nodes) => Run(nodes, _variables[0].Value);

    private Jump Run(IReadOnlyList<TemplateNode> nodes, object? dot)
    {
        foreach (var node in nodes)
        {
            switch (node)
            {
                case TextNode text:
                    _output.Append(text.Text);
                    break;
                case ActionNode action:
                    var value = Evaluate(action.Pipeline, dot);
                    _output.Append(action.Pipeline.Variables.Count == 0 ? GoFormat.Value(value) : "");
                    break;
                case JumpNode jump:
                    return jump.Leaves ? Jump.Break : Jump.Continue;
                case BranchNode branch when Scoped(branch, dot) is var left and not Jump.None:
                    return left;
                default:
                    break;
            }
        }

        return Jump.None;
    }

    // What a branch declares ends with it.
    private Jump Scoped(BranchNode branch, object? dot)
    {
        var depth = _variables.Count;
        var jump = branch.Kind == BranchKind.Range ? RunRange(branch, dot) : RunChoice(branch, dot);
        _variables.RemoveRange(depth, _variables.Count - depth);
        return jump;
    }

    private Jump RunChoice(BranchNode branch, object? dot)
    {
        var value = Evaluate(branch.Pipeline, dot);
        return GoValues.IsTrue(value)
            ? Run(branch.Body, branch.Kind == BranchKind.With ? value : dot)
            : Run(branch.Otherwise, dot);
    }

    private Jump RunRange(BranchNode branch, object? dot)
    {
        var pairs = Pairs(Evaluate(branch.Pipeline with { Variables = [] }, dot), branch.Pipeline.Text);
        if (pairs.Count == 0)
        {
            return Run(branch.Otherwise, dot);
        }

        foreach (var (key, item) in pairs)
        {
            var depth = _variables.Count;
            switch (branch.Pipeline.Variables)
            {
                case [var only]:
                    Set(only, item, branch.Pipeline.Declares);
                    break;
                case [var first, var second]:
                    Set(first, key, branch.Pipeline.Declares);
                    Set(second, item, branch.Pipeline.Declares);
                    break;
                default:
                    break;
            }

            var jump = Run(branch.Body, item);
            _variables.RemoveRange(depth, _variables.Count - depth);
            if (jump == Jump.Break)
            {
                break;
            }
        }

        return Jump.None;
    }

    private List<(object? Key, object? Item)> Pairs(object? value, string written) => value switch
    {
        null or GoMissing => [],
        GoList list => [.. list.Items.Select(static (item, index) => ((object?)(long)index, item))],
        GoMap map => [.. map.Entries.Select(static entry => ((object?)entry.Key, entry.Value))],
        _ => throw Error(written, $"range can't iterate over {GoFormat.Value(value)}"),
    };

    private object? Evaluate(Pipeline pipeline, object? dot)
    {
        object? value = null;
        for (var i = 0; i < pipeline.Commands.Count; i++)
        {
            value = Evaluate(pipeline.Commands[i], dot, i > 0, value, pipeline.Text);
        }

        foreach (var name in pipeline.Variables)
        {
            Set(name, value, pipeline.Declares);
        }

        return value;
    }

    private object? Evaluate(IReadOnlyList<Operand> words, object? dot, bool piped, object? last, string written)
    {
        if (words[0] is FunctionOperand function)
        {
            return Call(function.Name, words, dot, piped, last, written);
        }

        if (words.Count > 1 || piped)
        {
            throw Error(written, $"can't give argument to non-function {Shown(words[0])}");
        }

        return Value(words[0], dot, written);
    }

    private object? Call(string name, IReadOnlyList<Operand> words, object? dot, bool piped, object? last, string written)
    {
        // These two stop at the first argument that decides.
        if (name is "and" or "or" && !piped)
        {
            object? value = words.Count > 1 ? null : throw Error(written, $"wrong number of args for {name}: want at least 1 got 0");
            for (var i = 1; i < words.Count; i++)
            {
                value = Value(words[i], dot, written);
                if (GoValues.IsTrue(value) == (name == "or"))
                {
                    break;
                }
            }

            return value;
        }

        var arguments = new List<object?>(words.Count);
        for (var i = 1; i < words.Count; i++)
        {
            arguments.Add(Value(words[i], dot, written));
        }

        if (piped)
        {
            arguments.Add(last);
        }

        try
        {
            return TemplateFunctions.Call(name, arguments);
        }
        catch (TemplateException exception)
        {
            throw Error(written, $"error calling {name}: {exception.Message}");
        }
    }

    private object? Value(Operand operand, object? dot, string written) => operand switch
    {
        DotOperand => dot,
        VariableOperand variable => _variables.FindLast(each => each.Name == variable.Name).Value,
        LiteralOperand literal => literal.Value,
        PipelineOperand inner => Evaluate(inner.Pipeline, dot),
        FunctionOperand function => Call(function.Name, [function], dot, piped: false, null, written),
        FieldOperand chain => chain.Fields.Aggregate(Value(chain.Of, dot, written), (value, field) => Field(value, field, written)),
        _ => throw new InvalidOperationException("an unknown operand"),
    };

    private object? Field(object? value, string name, string written) => value switch
    {
        GoStruct structure => structure.TryGet(name, out var field)
            ? field
            : throw Error(written, $"can't evaluate field {name} in type {structure.Type}"),
        GoMap map => map.Entries.TryGetValue(name, out var entry) ? entry : GoMissing.Value,
        null or GoMissing => throw Error(written, $"nil pointer evaluating .{name}"),
        _ => throw Error(written, $"can't evaluate field {name} in {GoFormat.Value(value)}"),
    };

    private void Set(string name, object? value, bool declares)
    {
        if (declares)
        {
            _variables.Add((name, value));
            return;
        }

        _variables[_variables.FindLastIndex(each => each.Name == name)] = (name, value);
    }

    private static string Shown(Operand operand) => operand switch
    {
        DotOperand => ".",
        VariableOperand variable => "$" + variable.Name,
        FieldOperand chain => "." + string.Join('.', chain.Fields),
        LiteralOperand literal => GoFormat.Value(literal.Value),
        _ => "(…)",
    };

    private TemplateException Error(string written, string what) =>
        new($"cannot apply the template \"{_source}\": at <{written}>: {what}");
}
