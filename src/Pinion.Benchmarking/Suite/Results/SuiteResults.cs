using System.Text.Json.Serialization;

namespace Pinion.Cli.Suite;

// results.json; docs/suite.md describes every field. Times are milliseconds, sizes bytes, unless the name says otherwise.

/// <summary>A whole suite run, finished or not.</summary>
internal sealed record SuiteResults(
    int SchemaVersion, string Id, DateTimeOffset Started, DateTimeOffset Updated, bool Complete, SuiteProtocol Protocol, SuiteEnvironment Environment,
    IReadOnlyList<SuiteModel> Models, IReadOnlyList<SuiteCell> Cells)
{
    public const int CurrentSchemaVersion = 1;
}

/// <summary>How cells are measured. Name is trtexec or paddleclas; Runs and DroppedRuns are paddleclas's, the others trtexec's.</summary>
internal sealed record SuiteProtocol(
    string Name, bool Quick, int[] Batches, string[] Precisions, string? Compare, double WarmUpMs, double DurationSeconds, int Iterations, int? Runs,
    int? DroppedRuns, double CellLimitSeconds, ulong Seed, IReadOnlyList<string>? Shapes = null);

/// <summary>Recorded from the machine. Null is what it does not tell.</summary>
internal sealed record SuiteEnvironment(
    string Sdk, string Device, string ComputeCapability, int? ClockMHz, int? MemoryClockMHz, long DeviceMemoryBytes, string? PciBusId, string? Pcie,
    string? Driver, string? Cuda, string TensorRt, string? OnnxRuntime, string Cpu, int CpuCores, string Os, string Architecture, string Dotnet,
    string Pinion, string Commit, double? LoadAverage, SuitePeak Peak)
{
    /// <summary>False on the host SDK: every figure is then one of a CPU.</summary>
    public bool IsGpu => Sdk == "nvidia";
}

/// <summary>What the device could do at most. Source is "measured" or the data sheet with its title.</summary>
internal sealed record SuitePeak(double Fp32Flops, double? Fp16Flops, double BytesPerSecond, string Source);

/// <summary>One model. Name is how it was asked for: zoo:NAME or the file's path.</summary>
internal sealed record SuiteModel(
    string Name, string Title, string? Family, string? Sha256, long? Parameters, long? ConvMacs, long? LinearMacs, long? AttentionMacs, string? CountProblem,
    SuitePublished? Published, IReadOnlyList<SuitePublishedLatency> PublishedLatencies);

internal sealed record SuitePublished(double? Top1, double? Top5, double? FlopsG, double? ParamsM, string? Note);

internal sealed record SuitePublishedLatency(string Gpu, string Precision, int Batch, double LatencyMs, string Source, string? TensorRt, string? Note);

[JsonConverter(typeof(JsonStringEnumConverter<CellStatus>))]
internal enum CellStatus
{
    [JsonStringEnumMemberName("measured")]
    Measured,
    [JsonStringEnumMemberName("failed")]
    Failed,
    [JsonStringEnumMemberName("crashed")]
    Crashed,
    [JsonStringEnumMemberName("outOfMemory")]
    OutOfMemory,
    [JsonStringEnumMemberName("timedOut")]
    TimedOut,
}

/// <summary>
/// One model at one batch and precision. RanOn is the sentence that says what it ran on. Only measured cells have Modes; Problem tells why the others have none.
/// </summary>
internal sealed record SuiteCell(
    string Key, string Model, int Batch, string Precision, CellStatus Status, string? Problem, string RanOn, string ComputedIn, double CellSeconds,
    SuiteBuild? Build, SuiteMemory? Memory, IReadOnlyList<SuiteMode> Modes, SuiteWaterfall? Waterfall, SuiteAccuracy? Accuracy, SuiteRoofline? Roofline,
    SuiteComparison? Comparison, IReadOnlyList<string> Warnings);

internal sealed record SuiteBuild(double Seconds, bool Reused, long PlanBytes);

internal sealed record SuiteMemory(long DeviceBytes, long HostPeakBytes);

/// <summary>One way to run: graph or plain, one slot or more in flight. Name is graph-1, plain-1, graph-2. SamplesFile is relative to the folder of results.json.</summary>
internal sealed record SuiteMode(
    string Name, bool Graph, int Slots, int Samples, int WarmUpRuns, double WallSeconds, double ImagesPerSecond, SuiteSummary LatencyMs, SuiteSummary H2dMs,
    SuiteSummary GpuComputeMs, SuiteSummary D2hMs, SuiteSummary EnqueueMs, SuiteSummary WallMs, string SamplesFile, IReadOnlyList<string> Warnings, SuiteClocks? Clocks = null);

/// <summary>How steady the clocks were: the lowest over the highest, the range where it is known, and what held them down.</summary>
internal sealed record SuiteClocks(string Source, double Ratio, int? LowestMHz, int? HighestMHz, IReadOnlyList<string> Throttling);

internal sealed record SuiteSummary(double Min, double Mean, double Median, double P90, double P95, double P99, double Max, double CvPercent);

/// <summary>The median request of mode graph-1, term by term, in the order in which they happen; they add up to WallMs.</summary>
internal sealed record SuiteWaterfall(
    double ManagedCallMs, double EnqueueMs, double H2dMs, double ComputeMs, double D2hMs, double WakeUpMs, double WallMs, int GcCollections, double GcPauseMs);

/// <summary>Against the FP32 engine of the host SDK on the same inputs.</summary>
internal sealed record SuiteAccuracy(
    string Reference, double MaxAbs, double MeanAbs, double Cosine, double? Top1Agreement, long NaN, long Infinite, long Elements);

/// <summary>The time that the device's peaks allow at least, which of them decides, and the part of it that was reached. BytesOf tells what Bytes counts.</summary>
internal sealed record SuiteRoofline(double Flops, double Bytes, double LimitMs, string BoundBy, double Fraction, string? BytesOf = null);

/// <summary>Ours over the published figure. SameHardware is false wherever the device is not the published one, and Caption says so.</summary>
internal sealed record SuiteComparison(SuitePublishedLatency With, double Ratio, bool SameHardware, string Caption);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SuiteResults))]
[JsonSerializable(typeof(SuiteCell))]
[JsonSerializable(typeof(Worker.BuildAnswer))]
internal sealed partial class SuiteForms : JsonSerializerContext;
