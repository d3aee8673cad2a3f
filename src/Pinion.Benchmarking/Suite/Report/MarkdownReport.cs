using System.Globalization;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>report.md: what was measured, on what, and beside what.</summary>
internal static class MarkdownReport
{
    public static string Text(SuiteResults results)
    {
        var text = new StringBuilder();
        Line(text, $"# Latency suite, run {results.Id}");
        Line(text, $"");
        Line(text, $"{CellFacts.RanOn(results.Environment)}. Protocol {results.Protocol.Name}{(results.Protocol.Quick ? ", quick form" : "")}. {results.Cells.Count} of {Counted.Of(results.PlannedCells, "cell")}{(results.Complete ? "" : "; the run is not complete")}, {results.Started:yyyy-MM-dd HH:mm} to {results.Updated:yyyy-MM-dd HH:mm} UTC.");
        if (!results.Environment.IsGpu)
        {
            Line(text, $"");
            Line(text, $"**There was no GPU: every figure is one of the CPU in FP32.** Ratios to published figures of GPUs compare different hardware.");
        }

        if (results.Protocol.InProcess)
        {
            Line(text, $"");
            Line(text, $"Cells were measured in the process of the suite, not in processes of their own.");
        }

        Latency(text, results);
        Modes(text, results);
        Waterfall(text, results);
        Accuracy(text, results);
        Failures(text, results);
        Warnings(text, results);
        Environment(text, results.Environment);
        return text.ToString();
    }

    private static void Latency(StringBuilder text, SuiteResults results)
    {
        Table(
            text, "Latency, CUDA graph, one session", "Medians in ms; latency = H2D + compute + D2H. The roofline column is the part of what the device's peaks allow.",
            ["model", "batch", "precision", "computed in", "runs", "latency", "p99", "compute", "wall", "images/s", "roofline", "bound by", "published", "ratio", "hardware"],
            from c in results.Cells
            where c.Modes.Count > 0
            let m = c.Modes[0]
            select new[]
            {
                Title(results, c), $"{c.Batch}", c.Precision, c.ComputedIn.Split(' ')[0], $"{m.Samples}", ReportText.Ms(m.LatencyMs.Median), ReportText.Ms(m.LatencyMs.P99), ReportText.Ms(m.GpuComputeMs.Median),
                ReportText.Ms(m.WallMs.Median), Number(m.ImagesPerSecond, "F1"), c.Roofline is { } r ? Number(r.Fraction * 100, "F0") + "%" : "", c.Roofline?.BoundBy ?? "",
                c.Comparison is { } p ? $"{Number(p.With.LatencyMs, "G5")} ({p.With.Gpu})" : "", c.Comparison is { } q ? Number(q.Ratio, "F2") : "",
                c.Comparison is null ? "" : c.Comparison.SameHardware ? "same" : "different",
            });
    }

    private static void Modes(StringBuilder text, SuiteResults results) => Table(
        text, "Modes", "graph: a CUDA graph; plain: an enqueue a run; the number is that of sessions in flight.",
        ["cell", "mode", "runs", "latency", "p90", "p95", "p99", "CV %", "H2D", "compute", "D2H", "enqueue", "wall", "images/s"],
        from c in results.Cells
        from m in c.Modes
        select new[]
        {
            c.Key, m.Name, $"{m.Samples}", ReportText.Ms(m.LatencyMs.Median), ReportText.Ms(m.LatencyMs.P90), ReportText.Ms(m.LatencyMs.P95), ReportText.Ms(m.LatencyMs.P99), Number(m.GpuComputeMs.CvPercent, "F2"),
            ReportText.Ms(m.H2dMs.Median), ReportText.Ms(m.GpuComputeMs.Median), ReportText.Ms(m.D2hMs.Median), ReportText.Ms(m.EnqueueMs.Median), ReportText.Ms(m.WallMs.Median), Number(m.ImagesPerSecond, "F1"),
        });

    private static void Waterfall(StringBuilder text, SuiteResults results) => Table(
        text, "Where a request's time goes", "The median request, in ms. Enqueue is the part that no work of the device hides.",
        ["cell", "managed call", "enqueue", "H2D", "compute", "D2H", "wake-up", "wall", "GC pauses"],
        from c in results.Cells
        where c.Waterfall is not null
        let w = c.Waterfall
        select new[]
        {
            c.Key, ReportText.Ms(w.ManagedCallMs), ReportText.Ms(w.EnqueueMs), ReportText.Ms(w.H2dMs), ReportText.Ms(w.ComputeMs), ReportText.Ms(w.D2hMs), ReportText.Ms(w.WakeUpMs), ReportText.Ms(w.WallMs), $"{w.GcCollections} ({ReportText.Ms(w.GcPauseMs)} ms)",
        });

    private static void Accuracy(StringBuilder text, SuiteResults results)
    {
        Table(
            text, "Accuracy", "Against the reference named below the table, on the same inputs.",
            ["cell", "max abs", "mean abs", "cosine", "top-1 agreement", "NaN", "infinite", "values"],
            from c in results.Cells
            where c.Accuracy is not null
            let a = c.Accuracy
            select new[]
            {
                c.Key, Number(a.MaxAbs, "G3"), Number(a.MeanAbs, "G3"), Number(a.Cosine, "F8"), a.Top1Agreement is { } t ? Number(t * 100, "F1") + "%" : "",
                $"{a.NaN}", $"{a.Infinite}", $"{a.Elements}",
            });
        foreach (IGrouping<string, SuiteCell> group in results.Cells.Where(c => c.Accuracy is not null).GroupBy(c => c.Accuracy!.Reference))
        {
            Line(text, $"");
            Line(text, $"Reference of {string.Join(", ", group.Select(c => c.Precision).Distinct())}: {group.Key}.");
        }
    }

    private static void Failures(StringBuilder text, SuiteResults results) => Table(
        text, "Cells without figures", "", ["cell", "status", "why"],
        from c in results.Cells
        where c.Status != CellStatus.Measured
        select new[] { c.Key, c.StatusText, c.Problem ?? "" });

    private static void Warnings(StringBuilder text, SuiteResults results) => Table(
        text, "Warnings", "Figures that should not be trusted, and why.", ["cell", "mode", "warning"],
        from c in results.Cells
        from w in c.Warnings.Select(w => (Mode: "", Text: w)).Concat(c.Modes.SelectMany(m => m.Warnings.Select(w => (Mode: m.Name, Text: w))))
        select new[] { c.Key, w.Mode, w.Text });

    private static void Environment(StringBuilder text, SuiteEnvironment e) => Table(
        text, "Environment", "", ["what", "value"],
        from fact in ((string Name, string? Value)[])
        [
            ("SDK", e.Sdk.GetName()), ("device", e.Device), ("SM", e.ComputeCapability), ("core clock", e.ClockMHz is { } clock ? $"{clock} MHz" : null),
            ("memory clock", e.MemoryClockMHz is { } memory ? $"{memory} MHz" : null), ("device memory", $"{e.DeviceMemoryBytes >> 20} MiB"), ("PCI", e.PciBusId),
            ("PCIe", e.Pcie), ("driver", e.Driver), ("CUDA", e.Cuda), ("TensorRT", e.TensorRt), ("ONNX Runtime", e.OnnxRuntime), ("CPU", $"{e.Cpu}, {e.CpuCores} cores"), ("threads that compute", e.HostThreads is { } threads ? $"{threads}" : null),
            ("operating system", $"{e.Os}, {e.Architecture}"), (".NET", e.Dotnet), ("Pinion", $"{e.Pinion}, commit {e.Commit}"),
            ("load average at the start", e.LoadAverage is { } load ? Number(load, "F2") : null),
            ("peaks", $"{Number(e.Peak.Fp32Flops / 1e9, "F1")} GFLOP/s in FP32, {Number(e.Peak.BytesPerSecond / 1e9, "F1")} GB/s ({e.Peak.Source})"),
        ]
        where fact.Value is not null
        select new[] { fact.Name, fact.Value });

    private static string Title(SuiteResults results, SuiteCell cell) => results.Models.FirstOrDefault(m => m.Name == cell.Model)?.Title ?? cell.Model;

    private static void Table(StringBuilder text, string title, string explanation, string[] columns, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        Line(text, $"");
        Line(text, $"## {title}");
        Line(text, $"");
        if (explanation.Length > 0)
        {
            Line(text, $"{explanation}");
            Line(text, $"");
        }

        Line(text, $"| {string.Join(" | ", columns)} |");
        Line(text, $"|{string.Concat(Enumerable.Repeat("---|", columns.Length))}");
        foreach (string[] row in all)
        {
            Line(text, $"| {string.Join(" | ", row.Select(Escape))} |");
        }
    }

    /// <summary>Model names and messages may hold what Markdown takes for its own.</summary>
    private static string Escape(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ').Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
