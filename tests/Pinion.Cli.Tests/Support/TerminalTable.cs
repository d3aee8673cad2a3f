namespace Pinion.Cli.Tests;

/// <summary>A table as a terminal shows it; cells without spaces, so that folding at one does not matter.</summary>
internal sealed record TerminalTable(IReadOnlyList<string> Headings, IReadOnlyList<string[]> Rows)
{
    /// <summary>Every table in what a command printed; the last of the key columns holds what is never folded.</summary>
    public static IReadOnlyList<TerminalTable> Read(string text, int keys = 1)
    {
        var tables = new List<TerminalTable>();
        foreach (string block in text.Split('╭').Skip(1))
        {
            string[] halves = block.Split('╰')[0].Split('├');
            tables.Add(new TerminalTable(Lines(halves[0]).Single(), halves.Length > 1 ? Joined(Lines(halves[1]), keys - 1) : []));
        }

        return tables;
    }

    private static IEnumerable<string[]> Lines(string text) =>
        text.Split('\n').Where(l => l.StartsWith('│')).Select(l => l.TrimEnd().Trim('│').Split('│').Select(c => c.Replace(" ", "", StringComparison.Ordinal)).ToArray());

    /// <summary>Lines without the cell that is never folded are the rest of a row.</summary>
    private static List<string[]> Joined(IEnumerable<string[]> lines, int whole)
    {
        var rows = new List<string[]>();
        foreach (string[] line in lines)
        {
            if (rows.Count > 0 && line[whole].Length == 0)
            {
                rows[^1] = [.. rows[^1].Zip(line, string.Concat)];
            }
            else
            {
                rows.Add(line);
            }
        }

        return rows;
    }
}
