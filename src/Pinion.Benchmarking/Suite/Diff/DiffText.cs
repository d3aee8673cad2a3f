using System.Globalization;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>A comparison in words.</summary>
internal static class DiffText
{
    public static string[] Row(DiffCell c) =>
    [
        c.Model, c.Precision, $"{c.Batch}", ReportText.Ms(c.OldMs), ReportText.Ms(c.NewMs), Ratio(c.Ratio), $"{Ratio(c.Low)} to {Ratio(c.High)}",
        c.Regression ? "REGRESSION" : c.Verdict,
    ];

    public static IReadOnlyList<string> Remarks(SuiteDiff d)
    {
        return [.. Lines()];

        IEnumerable<string> Lines()
        {
            int regressions = d.Cells.Count(c => c.Regression);
            yield return Text($"{d.Cells.Count} cells, {regressions} slower by more than {d.FailOverPercent}% with their whole interval; mode {d.Mode}");
            yield return $"old: run {d.Old.Id}, {d.Old.Hardware}, TensorRT {d.Old.TensorRt}, pinion {d.Old.Pinion} ({Short(d.Old.Commit)})";
            yield return $"new: run {d.New.Id}, {d.New.Hardware}, TensorRT {d.New.TensorRt}, pinion {d.New.Pinion} ({Short(d.New.Commit)})";
            foreach (string note in d.Notes)
            {
                yield return $"note: {note}";
            }

            if (d.OnlyOld.Count > 0)
            {
                yield return $"only in old: {string.Join(", ", d.OnlyOld)}";
            }

            if (d.OnlyNew.Count > 0)
            {
                yield return $"only in new: {string.Join(", ", d.OnlyNew)}";
            }
        }
    }

    public static string Markdown(SuiteDiff diff)
    {
        var text = new StringBuilder("| model | precision | batch | old ms | new ms | new/old | 95% interval | verdict |\n|---|---|---|---|---|---|---|---|\n");
        foreach (DiffCell cell in diff.Cells)
        {
            text.Append("| ").AppendJoin(" | ", Row(cell).Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
        }

        text.Append('\n');
        foreach (string remark in Remarks(diff))
        {
            text.Append("- ").Append(remark).Append('\n');
        }

        return text.ToString();
    }

    private static string Ratio(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
