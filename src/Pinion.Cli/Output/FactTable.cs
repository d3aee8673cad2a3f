using Spectre.Console;
using Spectre.Console.Rendering;

namespace Pinion.Cli;

/// <summary>
/// A table whose cells stay whole in any window: columns that do not fit go on in a table below, beside the key columns again, so
/// the columns that matter most come first. Rounded on a terminal, one table of plain text in a pipe.
/// </summary>
internal sealed class FactTable
{
    /// <summary>No number is wider; a longer text is folded where the window is too narrow for it.</summary>
    private const int NumberWidth = 20;

    private const int Border = 1;
    private const int ColumnBorder = 3;
    private const int LeastWidth = 8;

    private readonly int _keys;
    private readonly string[] _columns;
    private readonly List<string[]> _rows = [];

    /// <param name="keys">How many of the columns, from the first, say what a row is about.</param>
    /// <param name="columns">The headings.</param>
    public FactTable(int keys, params ReadOnlySpan<string> columns)
    {
        _keys = keys;
        _columns = columns.ToArray();
    }

    /// <summary>Adds a row of texts as they are: tensor names may hold what Spectre takes for markup.</summary>
    public void Row(params ReadOnlySpan<string> cells) => _rows.Add(cells.ToArray());

    /// <summary>The table and those that go on below it, each of which fits.</summary>
    public IReadOnlyList<Table> Fit(IAnsiConsole console)
    {
        int[] widths = [.. Enumerable.Range(0, _columns.Length).Select(c => NaturalWidth(console, c))];
        int room = console.Profile.Width - Border;
        Fold(widths, room);
        var parts = new List<Table>();
        int[] keys = [.. Enumerable.Range(0, _keys)];
        int keyWidth = keys.Sum(k => widths[k] + ColumnBorder);
        for (int next = _keys; next < _columns.Length;)
        {
            List<int> part = [.. keys];
            for (int used = keyWidth; next < _columns.Length && (part.Count == _keys || used + widths[next] + ColumnBorder <= room); next++)
            {
                part.Add(next);
                used += widths[next] + ColumnBorder;
            }

            parts.Add(Part(console, widths, part));
        }

        return parts;
    }

    /// <summary>Makes the keys narrower until a number fits beside them, and the other columns until each fits beside the keys.</summary>
    private void Fold(int[] widths, int room)
    {
        int beside = room - ((_keys + 1) * ColumnBorder);
        int number = Math.Min(widths[_keys..].Max(), NumberWidth);
        while (widths[.._keys].Sum() + number > beside && widths[.._keys].Max() > LeastWidth)
        {
            widths[Array.IndexOf(widths, widths[.._keys].Max())]--;
        }

        int most = Math.Max(beside - widths[.._keys].Sum(), LeastWidth);
        for (int column = _keys; column < widths.Length; column++)
        {
            widths[column] = Math.Min(widths[column], most);
        }
    }

    private int NaturalWidth(IAnsiConsole console, int column)
    {
        var options = RenderOptions.Create(console);
        return _rows.Select(r => r[column]).Prepend(_columns[column]).Max(text => ((IRenderable)new Text(text)).Measure(options, int.MaxValue).Max);
    }

    private Table Part(IAnsiConsole console, int[] widths, IReadOnlyList<int> columns)
    {
        var table = new Table { Border = console.Profile.Out.IsTerminal ? TableBorder.Rounded : TableBorder.None, UseSafeBorder = true };
        foreach (int column in columns)
        {
            table.AddColumn(new TableColumn(new Text(_columns[column])) { Width = widths[column] });
        }

        foreach (string[] row in _rows)
        {
            table.AddRow(columns.Select(c => new Text(row[c])));
        }

        return table;
    }
}
