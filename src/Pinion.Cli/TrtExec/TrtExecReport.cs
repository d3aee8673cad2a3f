using System.Globalization;
using System.Text;
using System.Text.Json;
using static Pinion.Cli.TrtExecLog;

namespace Pinion.Cli;

/// <summary>The performance report and the exports in trtexec's form, so that people and scripts read them as ever.</summary>
internal static class TrtExecReport
{
    /// <summary>trtexec 11 leaves the middle of longer traces out.</summary>
    private const int TraceLines = 200;

    public static void Print(TrtExecLog log, TrtExecOptions options, LatencyResult run)
    {
        IReadOnlyList<LatencySample> samples = run.Samples;
        log.Info($"Warmup completed {run.WarmUpRuns} queries over {Number(options.Bench.Measure.WarmUpMs)} ms");
        log.Info($"Timing trace has {samples.Count} queries over {Number(run.WallSeconds)} s");
        PrintTrace(log, samples, options.AvgRuns);
        PrintSummary(log, options, run);
        PrintWarnings(log, run);
        if (options.Verbose)
        {
            PrintExplanations(log, run.UsesGraph);
        }

        log.Info();
    }

    /// <summary>One object per counted run. Durations are measured; the points in time are laid out from the enqueue's start.</summary>
    public static void ExportTimes(string path, IReadOnlyList<LatencySample> samples)
    {
        using var file = OutputFile.Create(path);
        using var text = new StreamWriter(file.Stream, new UTF8Encoding(false), 64 * 1024, leaveOpen: true);
        text.WriteLine("[");
        for (int i = 0; i < samples.Count; i++)
        {
            LatencySample s = samples[i];
            double h2dEnd = s.StartMs + s.H2dMs;
            double computeEnd = h2dEnd + s.ComputeMs;
            text.Write(i == 0 ? "  { " : ", { ");
            text.Write(string.Create(CultureInfo.InvariantCulture, $"\"startEnqMs\" : {s.StartMs}, \"endEnqMs\" : {s.StartMs + s.EnqueueMs}, "));
            text.Write(string.Create(CultureInfo.InvariantCulture, $"\"startH2dMs\" : {s.StartMs}, \"endH2dMs\" : {h2dEnd}, "));
            text.Write(string.Create(CultureInfo.InvariantCulture, $"\"startComputeMs\" : {h2dEnd}, \"endComputeMs\" : {computeEnd}, "));
            text.Write(string.Create(CultureInfo.InvariantCulture, $"\"startD2hMs\" : {computeEnd}, \"endD2hMs\" : {computeEnd + s.D2hMs}, "));
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\"h2dMs\" : {s.H2dMs}, \"computeMs\" : {s.ComputeMs}, \"d2hMs\" : {s.D2hMs}, \"latencyMs\" : {s.LatencyMs} }}"));
        }

        text.WriteLine("]");
        text.Flush();
        file.Commit();
    }

    /// <summary>The layer times that the native layer gives in trtexec's JSON form, as trtexec's table.</summary>
    public static void PrintProfile(TrtExecLog log, string json)
    {
        using var document = JsonDocument.Parse(json);
        int iterations = 0;
        double total = 0;
        double medians = 0;
        var rows = new List<string>();
        foreach (JsonElement element in document.RootElement.EnumerateArray())
        {
            if (element.TryGetProperty("count", out JsonElement count))
            {
                iterations = count.GetInt32();
                continue;
            }

            double time = element.GetProperty("timeMs").GetDouble();
            double median = element.GetProperty("medianMs").GetDouble();
            total += time;
            medians += median;
            rows.Add(Row(time, element.GetProperty("averageMs").GetDouble(), median, element.GetProperty("percentage").GetDouble(), element.GetProperty("name").GetString() ?? ""));
        }

        log.Info();
        log.Info($"=== Profile ({iterations} iterations ) ===");
        log.Info("   Time(ms)     Avg.(ms)   Median(ms)   Time(%)   Layer");
        foreach (string row in rows)
        {
            log.Info(row);
        }

        log.Info(Row(total, total / Math.Max(iterations, 1), medians, 100, "Total"));
        log.Info();
    }

    private static string Row(double time, double average, double median, double percent, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{time,11:F2}{average,13:F4}{median,13:F4}{percent,10:F1}   {name}");

    private static void PrintTrace(TrtExecLog log, IReadOnlyList<LatencySample> samples, int averaged)
    {
        log.Info();
        log.Info("=== Trace details ===");
        log.Info($"Trace averages of {averaged} runs:");
        int lines = samples.Count / averaged;
        for (int line = 0; line < lines; line++)
        {
            if (lines > 2 * TraceLines && line == TraceLines)
            {
                log.Info($"... Omitting {lines - (2 * TraceLines)} lines");
                line = lines - TraceLines;
            }

            double compute = 0;
            double latency = 0;
            double enqueue = 0;
            for (int i = line * averaged; i < (line + 1) * averaged; i++)
            {
                LatencySample sample = samples[i];
                compute += sample.ComputeMs;
                latency += sample.LatencyMs;
                enqueue += sample.EnqueueMs;
            }

            log.Info($"Average on {averaged} runs - GPU latency: {Number(compute / averaged)} ms - Host latency: {Number(latency / averaged)} ms (enqueue {Number(enqueue / averaged)} ms)");
        }
    }

    private static void PrintSummary(TrtExecLog log, TrtExecOptions options, LatencyResult run)
    {
        IReadOnlyList<LatencySample> samples = run.Samples;
        log.Info();
        log.Info("=== Performance summary ===");
        log.Info($"Throughput: {Number(run.ThroughputQps)} qps");
        log.Info($"Latency: {Line(samples, s => s.LatencyMs)}");
        log.Info($"Enqueue Time: {Line(samples, s => s.EnqueueMs)}");
        log.Info($"H2D Latency: {Line(samples, s => s.H2dMs)}");
        log.Info($"GPU Compute Time: {Line(samples, s => s.ComputeMs)}");
        log.Info($"D2H Latency: {Line(samples, s => s.D2hMs)}");
        log.Info($"Wall Time: {Line(samples, s => s.WallMs)}");
        log.Info($"Total Host Walltime: {Number(run.WallSeconds)} s");
        log.Info($"Total GPU Compute Time: {Number(run.Compute.Mean * samples.Count / 1000)} s");

        string Line(IReadOnlyList<LatencySample> samples, Func<LatencySample, double> quantity)
        {
            double[] values = [.. samples.Select(quantity)];
            SampleSummary s = Statistics.Summarize(values);
            var text = new StringBuilder($"min = {Number(s.Min)} ms, max = {Number(s.Max)} ms, mean = {Number(s.Mean)} ms, median = {Number(s.Median)} ms");
            foreach (double percent in options.Percentiles)
            {
                // Summarize has sorted the values.
                text.Append(CultureInfo.InvariantCulture, $", percentile({Number(percent)}%) = {Number(Statistics.Percentile(values, percent))} ms");
            }

            return text.ToString();
        }
    }

    private static void PrintWarnings(TrtExecLog log, LatencyResult run)
    {
        if (run.Has(LatencyWarningKind.EnqueueBound))
        {
            log.Warning("* Enqueue Time is close to GPU Compute Time or above it: the host may not keep the GPU busy.");
            log.Warning("  Without --useCudaGraph already, it may raise throughput.");
        }

        if (run.Has(LatencyWarningKind.InputBound))
        {
            log.Warning("* Copying inputs takes at least as long as GPU Compute: transfers may bound throughput.");
            log.Warning("  --noDataTransfers measures without them.");
        }

        if (run.Has(LatencyWarningKind.OutputBound))
        {
            log.Warning("* Copying outputs takes at least as long as GPU Compute: transfers may bound throughput.");
            log.Warning("  --noDataTransfers measures without them.");
        }

        if (run.Has(LatencyWarningKind.Unstable))
        {
            log.Warning($"* GPU Compute Time varies from run to run: its coefficient of variation is {Number(run.Compute.CvPercent)}%.");
            log.Warning("  Locked clocks or --useSpinWait may make it steadier.");
        }

        if (run.SessionCount > 1)
        {
            log.Warning("* Several inference streams run at once, so latencies include waiting for each other; compare Throughput.");
        }
    }

    private static void PrintExplanations(TrtExecLog log, bool usesGraph)
    {
        log.Info();
        log.Info("=== What the metrics mean ===");
        log.Info("Total Host Walltime: from the start of the first counted query to the end of the last.");
        log.Info("GPU Compute Time: device time between the end of the input copies and the start of the output copies of one query.");
        if (usesGraph)
        {
            log.Info("  Its events lie inside the CUDA graph, trtexec's around the graph's launch, so that trtexec's has the launch in it: compare Wall Time.");
        }

        log.Info("Wall Time: from the call of one query until its outputs can be read in C#. trtexec has no such number.");
        log.Info("Total GPU Compute Time: the sum over all counted queries; far below the walltime, the GPU was idle in between.");
        log.Info("Throughput: counted queries divided by Total Host Walltime.");
        log.Info("Enqueue Time: host time to put one query into the stream.");
        log.Info("H2D Latency: device time to copy the inputs of one query.");
        log.Info("D2H Latency: device time to copy the outputs of one query.");
        log.Info("Latency: H2D Latency, GPU Compute Time and D2H Latency of one query, added up.");
    }
}
