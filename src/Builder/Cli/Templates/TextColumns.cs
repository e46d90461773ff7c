using System.Text;

namespace Bld.Builder.Cli.Templates;

/// <summary>Text in columns: each as wide as its widest cell, with three spaces between two.</summary>
internal static class TextColumns
{
    private const int Gap = 3;

    /// <summary>Lines of rows of cells; the last cell of a row gets no spaces behind it.</summary>
    public static string Render(IReadOnlyList<string[]> rows)
    {
        var widths = new int[rows.Count == 0 ? 0 : rows.Max(static row => row.Length)];
        foreach (var row in rows)
        {
            // Like Go's tabwriter: the last cell of a line belongs to no column.
            for (var i = 0; i < row.Length - 1; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Length + Gap);
            }
        }

        var text = new StringBuilder();
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                text.Append(i == row.Length - 1 ? row[i] : row[i].PadRight(widths[i]));
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
