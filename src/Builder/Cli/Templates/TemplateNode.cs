namespace Bld.Builder.Cli.Templates;

/// <summary>A piece of a template.</summary>
internal abstract record TemplateNode;

/// <summary>Text that is printed as it is.</summary>
internal sealed record TextNode(string Text) : TemplateNode;

/// <summary>A pipeline whose value is printed, unless it sets a variable.</summary>
internal sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

/// <summary>Which kind of branch.</summary>
internal enum BranchKind
{
    If,
    Range,
    With,
}

/// <summary><c>if</c>, <c>range</c> and <c>with</c>, up to their <c>end</c>.</summary>
internal sealed record BranchNode(BranchKind Kind, Pipeline Pipeline, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode> Otherwise)
    : TemplateNode;

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record JumpNode(bool Leaves) : TemplateNode;

/// <summary>Commands, each of which gets the value of the one before as its last argument.</summary>
/// <param name="Variables">Names without dollar that get the value (two only in <c>range</c>).</param>
/// <param name="Declares"><c>:=</c>, and not <c>=</c>.</param>
/// <param name="Commands">The commands; never none.</param>
/// <param name="Text">How it was written, for messages.</param>
internal sealed record Pipeline(IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<IReadOnlyList<Operand>> Commands, string Text);

/// <summary>A word of a command.</summary>
internal abstract record Operand;

/// <summary><c>.</c></summary>
internal sealed record DotOperand : Operand;

/// <summary><c>$name</c>; <c>$</c> has an empty name.</summary>
internal sealed record VariableOperand(string Name) : Operand;

/// <summary>A number, a text, <c>true</c>, <c>false</c> or <c>nil</c>.</summary>
internal sealed record LiteralOperand(object? Value) : Operand;

/// <summary>A function's name.</summary>
internal sealed record FunctionOperand(string Name) : Operand;

/// <summary>A pipeline in parentheses.</summary>
internal sealed record PipelineOperand(Pipeline Pipeline) : Operand;

/// <summary>Fields of what another word gives.</summary>
internal sealed record FieldOperand(Operand Of, IReadOnlyList<string> Fields) : Operand;
