using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Templates;

namespace Bld.Builder.Cli.Commands;

/// <summary>The <c>--format</c> of commands that print one document: JSON without it.</summary>
internal static class FormatFlag
{
    /// <summary>The flag.</summary>
    public static Flag Flag { get; } = new("format", FlagKind.Text, "Go template for what is printed", 'f');

    /// <summary>The template that is given; null for none.</summary>
    /// <exception cref="UsageException">It shows nothing of the document.</exception>
    public static Template? Read(ParsedFlags flags) => flags.Text(Flag.Name) switch
    {
        null or "" => null,
        var text when !text.Contains("{{", StringComparison.Ordinal) => throw new UsageException($"invalid format provided: {text}: it has no {{{{action}}}}"),
        var text => Template.Parse(text),
    };

    /// <summary>Prints a document.</summary>
    public static void Print(Template? format, object? value) => Console.Out.Write(
        format is null ? GoJson.Write(value, indented: true) + "\n" : format.Execute(value) + (Console.IsOutputRedirected ? "" : "\n"));
}
