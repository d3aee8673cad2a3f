using System.Globalization;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>A comparison in words.</summary>
internal static class DiffText
{
    public static string[] Row(DiffCell c) =>
    [
        c.Model, c.Precision, $"{c.Batch}", ReportText.Ms(c.OldMs), ReportText.Ms(c.NewMs), Ratio(c.Ratio), c is { Low: { } low, High: { } high } ? $"{Ratio(low)} to {Ratio(high)}" : ReportText.None,
        $"{c.OldProcesses}, {c.NewProcesses}",
        c.Regression ? "REGRESSION" : c.Verdict,
    ];

    public static IReadOnlyList<string> Remarks(SuiteDiff d)
    {
        return [.. Lines()];

        IEnumerable<string> Lines()
        {
            int regressions = d.Cells.Count(c => c.Regression);
            string cells = d.Cells.Count == 1 ? "1 cell" : Text($"{d.Cells.Count} cells");
            yield return Text($"{cells}, {regressions} slower by more than {d.FailOverPercent}% with the whole interval; mode {d.Mode}");
            yield return Text($"ms: the 5th percentile of each process's latencies, the median over the processes");
            yield return Text($"interval: {d.Cells.Count(c => c.Confidence == RankInterval.Confidence)} of 95%, {d.Cells.Count(c => c.Confidence != RankInterval.Confidence)} of 99.9% for other load");
            foreach (DiffCell c in d.Cells.Where(c => c.Reason is not null))
            {
                yield return Text($"cannot tell: {c.Model}, {c.Precision}, batch {c.Batch}: {c.Reason}");
            }

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
        var text = new StringBuilder("| model | precision | batch | old ms | new ms | new/old | interval | processes | verdict |\n|---|---|---|---|---|---|---|---|---|\n");
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
