using System.Text;

namespace Bld.Builder.Cli.Templates;

/// <summary>A template in the language of Go's text/template, as <c>--format</c> takes it.</summary>
internal sealed class Template
{
    private readonly string _source;
    private readonly IReadOnlyList<TemplateNode> _nodes;

    private Template(string source, IReadOnlyList<TemplateNode> nodes)
    {
        _source = source;
        _nodes = nodes;
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="TemplateException">It can't be read.</exception>
    public static Template Parse(string source) => new(source, TemplateParser.Parse(source));

    /// <summary>The text that it makes of a value (see <see cref="GoValues"/>).</summary>
    /// <exception cref="TemplateException">The value lacks a field, or a function can't take its arguments.</exception>
    public string Execute(object? value)
    {
        var text = new StringBuilder();
        new TemplateEvaluator(_source, value, text).Run(_nodes);
        return text.ToString();
    }
}
