namespace Bld.Builder.Cli.Templates;

/// <summary>
/// What lists print for <c>--format</c>: a line for each item, and behind <c>table </c> columns below headings.
/// </summary>
internal static class TemplateTable
{
    private const string Mark = "table";

    /// <summary>Applies a format to every item.</summary>
    /// <param name="format">A template, <c>table TEMPLATE</c> with <c>\t</c> between the columns, or <c>json</c>.</param>
    /// <param name="items">The items, structs mostly.</param>
    /// <param name="headings">The heading of each field of an item.</param>
    /// <param name="heads">Whether a table gets its headings.</param>
    /// <exception cref="TemplateException">The template can't be read, or doesn't fit.</exception>
    public static string Render(string format, IEnumerable<object?> items, GoMap headings, bool heads = true)
    {
        var isTable = format == Mark || format.StartsWith(Mark + " ", StringComparison.Ordinal);
        var template = Template.Parse(Unescape(isTable ? format[Mark.Length..].TrimStart() : format));
        var lines = new List<string>();
        if (isTable && heads)
        {
            lines.Add(template.Execute(headings));
        }

        // Like Buildah's: what the template has spaces between stands in columns, too.
        lines.AddRange(items.Select(template.Execute));
        return TextColumns.Render([.. lines.SelectMany(static line => line.TrimEnd('\n').Split('\n')).Select(static line => line.Split('\t'))]);
    }

    // A space begins a column. Shells hand \t and \n over as two characters. Within actions they stand in quotes, where they mean the same anyway.
    private static string Unescape(string format)
    {
        var parts = format.Split("{{");
        for (var i = 0; i < parts.Length; i++)
        {
            var text = i == 0 ? 0 : parts[i].IndexOf("}}", StringComparison.Ordinal);
            if (text >= 0)
            {
                parts[i] = parts[i][..text]
                    + parts[i][text..].Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace(' ', '\t');
            }
        }

        return string.Join("{{", parts);
    }
}
