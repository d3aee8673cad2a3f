using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Pinion.Benchmarks;

/// <summary>Measures the ratios that the project watches and writes summary.json.</summary>
internal static class SummaryCommand
{
    private const string FileName = "summary.json";

    /// <param name="folder">Where summary.json goes, and for a while the large model.</param>
    /// <param name="only">Names of the figures to measure; empty: all, and BenchmarkDotNet's.</param>
    /// <param name="suite">The folder of a suite's run to repeat in the summary, or null.</param>
    public static void Run(string folder, IReadOnlyCollection<string> only, string? suite)
    {
        Directory.CreateDirectory(folder);
        var environment = BenchmarkEnvironment.Read();
        var targets = new List<Target>();
        var details = new Dictionary<string, object>();

        if (IsWanted("managedTax", "managedTaxAsync", "allocatedBytesPerRun"))
        {
            var twin = Twin.Load();
            ManagedTaxResult block = Step("managed tax, blocking wait", () => ManagedTax.Measure(twin, WaitMode.Block));
            ManagedTaxResult spin = Step("managed tax, spinning wait", () => ManagedTax.Measure(twin, WaitMode.Spin));
            targets.Add(new Target("managedTax", Math.Max(block.Sync.Ratio, spin.Sync.Ratio), 1.05));
            targets.Add(new Target("managedTaxAsync", Math.Max(block.Async.Ratio, spin.Async.Ratio), 1.05));
            targets.Add(new Target(
                "allocatedBytesPerRun",
                new[] { block.AllocatedBytesPerRun, block.AllocatedBytesPerRunAsync, spin.AllocatedBytesPerRun, spin.AllocatedBytesPerRunAsync }.Max(),
                0));
            details["managedTax"] = new { block, spin };
        }

        if (IsWanted("hostOverOnnxRuntime", "hostOverOnnxRuntimeShort", "hostAddedMicroseconds"))
        {
            HostOverOnnxRuntimeResult result = Step("host SDK over ONNX Runtime", HostOverOnnxRuntime.Measure);
            targets.Add(new Target("hostOverOnnxRuntime", result.Rec.Comparison.Ratio, 1.02));
            targets.Add(new Target("hostOverOnnxRuntimeShort", result.Cls.Comparison.Ratio, 1.05));
            targets.Add(new Target("hostAddedMicroseconds", result.Identity.AddedUs, 0.5));
            details["hostOverOnnxRuntime"] = result;
        }

        if (IsWanted("overlapEfficiency"))
        {
            OverlapResults result = Step("two sessions over one", Overlap.Measure);
            targets.Add(new Target("overlapEfficiency", Math.Min(result.ComputeSlowest.Efficiency, result.CopySlowest.Efficiency), 0.9, IsFloor: true));
            details["overlapEfficiency"] = result;
        }

        if (IsWanted("cliStartRatio"))
        {
            CliStartResult result = Step("start of the command line", CliStart.Measure);
            targets.Add(new Target("cliStartRatio", result.Ratio, 1.5));
            details["cliStartRatio"] = result;
        }

        if (IsWanted("planLoadPeakRatio"))
        {
            PlanLoadResult result = Step("memory of loading a large plan", () => PlanLoad.Measure(folder));
            targets.Add(new Target("planLoadPeakRatio", result.Ratio, 1.2));
            details["planLoadPeakRatio"] = result;
        }

        if (IsWanted("conversionOverProtobuf", "conversionPeakRatio"))
        {
            ConversionResult result = Step("conversion to FP16", () => Conversion.Measure(folder));
            targets.Add(new Target("conversionOverProtobuf", result.Time.Ratio, 3));
            targets.Add(new Target("conversionPeakRatio", result.Memory.Ratio, 1.3));
            details["conversion"] = result;
        }

        if (IsWanted("isolatedOverInProcess"))
        {
            IsolatedBuildsResult result = Step("builds in a process of their own", IsolatedBuilds.Measure);
            targets.Add(new Target("isolatedOverInProcess", result.Worst, 1.05));
            details["isolatedOverInProcess"] = result;
        }

        if (IsWanted("cacheHitOverLoad", "cacheHitStartRatio"))
        {
            CacheHitsResult result = Step("hits of the engine cache", () => CacheHits.Measure(folder));
            targets.Add(new Target("cacheHitOverLoad", result.Load.Ratio, 1.05));
            targets.Add(new Target("cacheHitStartRatio", result.Start.Ratio, 2));
            details["cacheHits"] = result;
        }

        if (IsWanted("suiteOverBench"))
        {
            SuiteOverBenchResult result = Step("a cell of the suite over bench", () => SuiteOverBench.Measure(folder));
            targets.Add(new Target("suiteOverBench", result.Deviation, 1.02));
            details["suiteOverBench"] = result;
        }

        if (IsWanted("batcherAddedMicroseconds", "batcherSaturation", "overloadP99Ratio", "bytesPerRequest"))
        {
            BatcherResults result = Step("the micro-batcher", () => Batcher.Measure(folder));
            targets.Add(new Target("batcherAddedMicroseconds", result.Idle.AddedUs, 50));
            targets.Add(new Target("batcherSaturation", result.Load.Saturation, 0.95, IsFloor: true));
            targets.Add(new Target("overloadP99Ratio", result.Load.OverloadP99Ratio, 1.5));
            targets.Add(new Target("bytesPerRequest", result.Idle.BytesPerRequest, 256));
            details["batcher"] = result;
        }

        if (IsWanted("serverAddedMilliseconds"))
        {
            ServerAddedResult result = Step("the server over the batcher", () => ServerAdded.Measure(folder));
            targets.Add(new Target("serverAddedMilliseconds", result.AddedMs, 0.5));
            details["serverAddedMilliseconds"] = result;
        }

        MicroResult[] micro = IsWanted("micro") ? Step("BenchmarkDotNet's benchmarks", MicroRun.Measure) : [];
        SuiteLatency[] latencies = suite is null ? [] : SuiteLatencies.Read(suite);
        var summary = new Dictionary<string, object>();
        foreach (Target target in targets)
        {
            summary[target.Name] = target.Value;
        }

        summary["targets"] = targets.ToDictionary(t => t.Name, t => new { t.Limit, kind = t.IsFloor ? "atLeast" : "atMost", met = t.IsMet });
        summary["details"] = details;
        summary["micro"] = micro;
        summary["suite"] = latencies;
        summary["environment"] = environment;
        File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(summary, SummaryJson.Options) + "\n");
        Print(targets, micro, latencies);

        bool IsWanted(params string[] names) => only.Count == 0 || names.Any(only.Contains);
    }

    private static T Step<T>(string name, Func<T> measure)
    {
        Console.Error.Write($"measuring {name} ...");
        long start = Stopwatch.GetTimestamp();
        T result = measure();
        Console.Error.WriteLine($" {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
        return result;
    }

    private static void Print(List<Target> targets, MicroResult[] micro, SuiteLatency[] latencies)
    {
        foreach (Target target in targets)
        {
            string relation = target.IsFloor ? ">=" : "<=";
            Console.WriteLine(Line($"  {target.Name,-28} {target.Value,9:F4}   target {relation} {target.Limit,-5} {(target.IsMet ? "met" : "MISSED")}"));
        }

        foreach (MicroResult result in micro)
        {
            Console.WriteLine(Line($"  {result.Name,-56} {result.MedianMicroseconds,10:F3} us  p95 {result.P95Microseconds,10:F3} us  {result.AllocatedBytes,6} B"));
        }

        foreach (SuiteLatency cell in latencies)
        {
            Console.WriteLine(Line($"  {cell.Model,-34} batch {cell.Batch}  {cell.LatencyMs,8:F3} ms  {cell.ImagesPerSecond,7:F1} images/s  {cell.ComputedIn}"));
        }
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
