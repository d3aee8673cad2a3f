using System.Text.Json.Serialization;

namespace Pinion.Benchmarking;

/// <summary>Measurements of one engine in the form that <c>pinion bench --json</c> prints; docs/json.md describes every field.</summary>
/// <param name="Path">The plan or the model, as the caller names it.</param>
/// <param name="Sdk">What ran it.</param>
/// <param name="Tensorrt">TensorRT's version.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Precision">What the plan was built for, <c>fp32</c> or <c>fp16</c>; null for plans without Pinion's header.</param>
/// <param name="Settings">How all of it was measured.</param>
/// <param name="Results">One for each set of shapes, in the order measured.</param>
/// <param name="Notes">What the figures are not, such as those of FP16 where FP32 was computed.</param>
/// <param name="Partial">Whether it was stopped before all was measured that was asked for.</param>
public sealed record LatencyReport(
    string Path, Sdk Sdk, string Tensorrt, string Device, string? Precision, LatencySettings Settings, IReadOnlyList<LatencyFigures> Results,
    IReadOnlyList<string> Notes, bool Partial = false)
{
    /// <summary>Puts measurements of one engine together.</summary>
    /// <param name="path">The plan or the model, as it is to be named.</param>
    /// <param name="engine">What was measured, not disposed yet.</param>
    /// <param name="results">At least one; the settings are those of the first.</param>
    public static LatencyReport Create(string path, Engine engine, params IReadOnlyList<LatencyResult> results)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Create(path, RuntimeFacts.Get(0, engine.Description.Precision), engine.Description.Precision, results);
    }

    /// <summary>Puts measurements of one engine together.</summary>
    /// <param name="path">The plan or the model, as it is to be named.</param>
    /// <param name="runtime">What it ran on.</param>
    /// <param name="precision">What the engine was built for; null where it is not known.</param>
    /// <param name="results">At least one; the settings are those of the first.</param>
    public static LatencyReport Create(string path, RuntimeFacts runtime, Precision? precision, IReadOnlyList<LatencyResult> results)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(results);
        ArgumentOutOfRangeException.ThrowIfZero(results.Count, nameof(results));
        return new LatencyReport(
            path, runtime.Sdk, runtime.TensorRt, runtime.Device, precision is { } p ? p.GetName() : null, LatencySettings.Of(results[0]),
            [.. results.Select(LatencyFigures.Of)], runtime.Notes, results.Any(r => r.IsPartial));
    }

    /// <summary>The JSON document in UTF-8, indented, with a line end.</summary>
    public byte[] ToJson() => JsonText.Bytes(this, LatencyForms.Default.LatencyReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The document in UTF-8.</param>
    /// <exception cref="System.Text.Json.JsonException">It is no such document.</exception>
    public static LatencyReport FromJson(ReadOnlySpan<byte> json) =>
        System.Text.Json.JsonSerializer.Deserialize(json, LatencyForms.Default.LatencyReport) ?? throw new System.Text.Json.JsonException("The document is null.");
}

/// <summary>How it was measured.</summary>
/// <param name="WarmUpMs">As <see cref="MeasureOptions.WarmUpMs"/>.</param>
/// <param name="DurationSeconds">As <see cref="MeasureOptions.DurationSeconds"/>.</param>
/// <param name="Iterations">As <see cref="MeasureOptions.Iterations"/>.</param>
/// <param name="Streams">Inferences in flight at once.</param>
/// <param name="Graph">Whether a CUDA graph was asked for.</param>
/// <param name="Wait"><c>block</c> or <c>spin</c>.</param>
/// <param name="Transfers">Whether inputs and outputs were copied.</param>
/// <param name="Seed">Of the inputs that were drawn; null where none was.</param>
public sealed record LatencySettings(
    double WarmUpMs, double DurationSeconds, int Iterations, int Streams, bool Graph, string Wait, bool Transfers, ulong? Seed)
{
    internal static LatencySettings Of(LatencyResult result) => new(
        result.Options.WarmUpMs, result.Options.DurationSeconds, result.Options.Iterations, result.SessionCount, result.SessionOptions.UseGraph,
        result.SessionOptions.WaitMode == WaitMode.Spin ? "spin" : "block", !result.SessionOptions.SkipTransfers, result.Options.Seed);
}

/// <summary>The figures of one measurement; <see cref="LatencyResult"/> describes them.</summary>
/// <param name="Batch">As <see cref="EngineShapes.Batch"/>.</param>
/// <param name="Shapes">The shape of each input.</param>
/// <param name="Profile">The index of the profile.</param>
/// <param name="Samples">Counted runs.</param>
/// <param name="WarmUpRuns">Dropped runs.</param>
/// <param name="WallSeconds">From the first counted start to the last end.</param>
/// <param name="ThroughputQps">Inferences per second.</param>
/// <param name="Graph">Whether a CUDA graph was in fact used.</param>
/// <param name="FirstRunMs">As <see cref="LatencyResult.FirstRunMs"/>.</param>
/// <param name="LatencyMs">H2D, compute and D2H added up.</param>
/// <param name="H2dMs">Copying the inputs.</param>
/// <param name="GpuComputeMs">Computing.</param>
/// <param name="D2hMs">Copying the outputs.</param>
/// <param name="EnqueueMs">The host's enqueue.</param>
/// <param name="WallMs">The call as C# sees it.</param>
/// <param name="ComputeCvPercent">The coefficient of variation of the compute time.</param>
/// <param name="Warnings">Why figures should not be trusted as they stand.</param>
/// <param name="Partial">Whether it was stopped before it had measured what it was to.</param>
public sealed record LatencyFigures(
    int Batch, IReadOnlyDictionary<string, TensorShape> Shapes, int Profile, int Samples, int WarmUpRuns, double WallSeconds, double ThroughputQps, bool Graph,
    double FirstRunMs, SampleSummary LatencyMs, SampleSummary H2dMs, SampleSummary GpuComputeMs, SampleSummary D2hMs, SampleSummary EnqueueMs, SampleSummary WallMs,
    double ComputeCvPercent, IReadOnlyList<string> Warnings, bool Partial = false)
{
    /// <summary>Batch times inferences per second: images, lines or whatever a row is.</summary>
    public double RowsPerSecond => Batch * ThroughputQps;

    /// <summary>The figures of a measurement.</summary>
    public static LatencyFigures Of(LatencyResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return new LatencyFigures(
            result.Shapes.Batch, result.Shapes.Inputs.ToDictionary(i => i.Name, i => i.Shape), result.Shapes.Profile, result.Samples.Count,
            result.WarmUpRuns, result.WallSeconds, result.ThroughputQps, result.UsesGraph, result.FirstRunMs, result.Latency, result.H2d, result.Compute,
            result.D2h, result.Enqueue, result.Wall, result.Compute.CvPercent, [.. result.Warnings.Select(w => w.Message)], result.IsPartial);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LatencyReport))]
internal sealed partial class LatencyForms : JsonSerializerContext;
