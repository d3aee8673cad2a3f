using Spectre.Console;

namespace Pinion.Cli;

/// <summary>Tables alike everywhere: rounded on a terminal, columns of plain text in a pipe.</summary>
internal static class Tables
{
    public static Table Create(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded, UseSafeBorder = true };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)) { NoWrap = true });
        }

        return table;
    }

    /// <summary>Adds a row of texts as they are: tensor names may hold what Spectre takes for markup.</summary>
    public static void Row(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new Text[cells.Length];
        for (int i = 0; i < cells.Length; i++)
        {
            row[i] = new Text(cells[i]);
        }

        table.AddRow(row);
    }
}
