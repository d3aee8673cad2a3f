using System.Globalization;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>results.csv: a row per cell and mode; cells without figures have one row.</summary>
internal static class CsvReport
{
    private static readonly (string Name, Func<SuiteMode, SampleSummary> Of)[] Quantities =
    [
        ("latency", m => m.LatencyMs), ("h2d", m => m.H2dMs), ("compute", m => m.GpuComputeMs), ("d2h", m => m.D2hMs), ("enqueue", m => m.EnqueueMs), ("wall", m => m.WallMs),
    ];

    private static readonly (string Name, Func<SampleSummary, double?> Of)[] Statistics =
    [
        ("min", s => s.Min), ("mean", s => s.Mean), ("median", s => s.Median), ("p90", s => s.P90), ("p95", s => s.P95), ("p99", s => s.P99), ("max", s => s.Max), ("cv_percent", s => s.CvPercent),
    ];

    public static string Text(SuiteResults results)
    {
        var text = new StringBuilder();
        string[] head =
        [
            "run", "key", "model", "batch", "precision", "status", "problem", "ran_on", "computed_in", "mode", "graph", "sessions", "samples", "images_per_s",
            .. from q in Quantities from s in Statistics select s.Name == "cv_percent" ? $"{q.Name}_cv_percent" : $"{q.Name}_{s.Name}_ms",
            "build_s", "build_reused", "plan_bytes", "device_bytes", "host_peak_bytes", "max_abs", "mean_abs", "cosine", "top1_agreement", "nan", "infinite",
            "roofline_limit_ms", "roofline_bound_by", "roofline_fraction", "compared_with_gpu", "compared_with_ms", "ratio", "same_hardware", "warnings",
        ];
        Row(text, head);
        foreach (SuiteCell cell in results.Cells)
        {
            foreach (SuiteMode? mode in cell.Modes.DefaultIfEmpty())
            {
                Row(text, Fields(results, cell, mode));
            }
        }

        return text.ToString();
    }

    private static IEnumerable<object?> Fields(SuiteResults results, SuiteCell c, SuiteMode? m) =>
    [
        results.Id, c.Key, c.Model, c.Batch, c.Precision, c.StatusText, c.Problem, c.RanOn, c.ComputedIn, m?.Name, m?.Graph, m?.Sessions,
        m?.Samples, m?.ImagesPerSecond,
        .. from q in Quantities from s in Statistics select (object?)(m is null ? null : s.Of(q.Of(m))),
        c.Build?.Seconds, c.Build?.Reused, c.Build?.PlanBytes, c.Memory?.DeviceBytes, c.Memory?.HostPeakBytes, c.Accuracy?.MaxAbs, c.Accuracy?.MeanAbs,
        c.Accuracy?.Cosine, c.Accuracy?.Top1Agreement, c.Accuracy?.NaN, c.Accuracy?.Infinite, c.Roofline?.LimitMs, c.Roofline?.BoundBy, c.Roofline?.Fraction,
        c.Comparison?.With.Gpu, c.Comparison?.With.LatencyMs, c.Comparison?.Ratio, c.Comparison?.SameHardware, string.Join(" ", [.. c.Warnings, .. m?.Warnings ?? []]),
    ];

    private static void Row(StringBuilder text, IEnumerable<object?> fields) =>
        text.AppendJoin(',', fields.Select(f => Quote(Convert.ToString(f, CultureInfo.InvariantCulture) ?? ""))).Append('\n');

    private static string Quote(string field) =>
        field.AsSpan().IndexOfAny(",\"\n\r") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
