using System.Text.Json.Serialization;

namespace Pinion.Benchmarking;

/// <summary>How a cell ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CellStatus>))]
public enum CellStatus
{
    /// <summary>It has figures.</summary>
    [JsonStringEnumMemberName("measured")]
    Measured,

    /// <summary>Something was refused or went wrong, and was told.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Its process was ended by a signal, or without an answer.</summary>
    [JsonStringEnumMemberName("crashed")]
    Crashed,

    /// <summary>Memory of the host or of the device ran out.</summary>
    [JsonStringEnumMemberName("outOfMemory")]
    OutOfMemory,

    /// <summary>It took longer than a cell may.</summary>
    [JsonStringEnumMemberName("timedOut")]
    TimedOut,
}

/// <summary>One model at one batch and precision. Only measured cells have figures.</summary>
/// <param name="Key">Names the cell within the run, and its files.</param>
/// <param name="Model">The model's <see cref="SuiteModel.Name"/>.</param>
/// <param name="Batch">Images in a batch.</param>
/// <param name="Precision">What the engine was built for, <c>fp32</c> or <c>fp16</c>.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Problem">Why there are no figures.</param>
/// <param name="RanOn">What it ran on, in words.</param>
/// <param name="ComputedIn">The precision that it was computed in, in words.</param>
/// <param name="CellSeconds">All it took, with building and the reference.</param>
/// <param name="Build">Its engine's build.</param>
/// <param name="Memory">What it took of memory.</param>
/// <param name="Modes">One measurement for each way to run.</param>
/// <param name="Waterfall">Where a request's time goes; null where the native and the managed clock differ.</param>
/// <param name="Accuracy">Its outputs beside those of a reference.</param>
/// <param name="Roofline">What the device allows.</param>
/// <param name="Comparison">Its latency beside a published one.</param>
/// <param name="Warnings">Why figures should not be trusted; those of modes are with them.</param>
public sealed record SuiteCell(
    string Key, string Model, int Batch, string Precision, CellStatus Status, string? Problem, string RanOn, string ComputedIn, double CellSeconds,
    SuiteBuild? Build, SuiteMemory? Memory, IReadOnlyList<SuiteMode> Modes, SuiteWaterfall? Waterfall, SuiteAccuracy? Accuracy, SuiteRoofline? Roofline,
    SuiteComparison? Comparison, IReadOnlyList<string> Warnings)
{
    /// <summary>The status in words.</summary>
    [JsonIgnore]
    public string StatusText => Status switch
    {
        CellStatus.Measured => "measured",
        CellStatus.Failed => "failed",
        CellStatus.Crashed => "crashed",
        CellStatus.OutOfMemory => "out of memory",
        _ => "timed out",
    };
}

/// <summary>The build of a cell's engine.</summary>
/// <param name="Seconds">What it took, also where the engine was there already.</param>
/// <param name="Reused">Whether it was there already.</param>
/// <param name="PlanBytes">The plan's size.</param>
public sealed record SuiteBuild(double Seconds, bool Reused, long PlanBytes);

/// <summary>What a cell took of memory.</summary>
/// <param name="DeviceBytes">Device memory of engine and session of the first mode.</param>
/// <param name="HostPeakBytes">The most that the measuring process had resident.</param>
public sealed record SuiteMemory(long DeviceBytes, long HostPeakBytes);

/// <summary>One way to run a cell: graph or plain, one session or more in flight. Summaries are in milliseconds.</summary>
/// <param name="Name"><c>graph-1</c>, <c>plain-1</c> or <c>graph-2</c>.</param>
/// <param name="Graph">Whether a CUDA graph was in fact used.</param>
/// <param name="Sessions">Inferences in flight at once.</param>
/// <param name="Samples">Counted runs.</param>
/// <param name="WarmUpRuns">Dropped runs.</param>
/// <param name="WallSeconds">From the first counted start to the last end.</param>
/// <param name="ImagesPerSecond">Batch times runs over wall time.</param>
/// <param name="LatencyMs">H2D, compute and D2H added up.</param>
/// <param name="H2dMs">Copying the inputs.</param>
/// <param name="GpuComputeMs">Computing.</param>
/// <param name="D2hMs">Copying the outputs.</param>
/// <param name="EnqueueMs">The host's enqueue.</param>
/// <param name="WallMs">The call as C# sees it.</param>
/// <param name="SamplesFile">Every counted run, relative to the folder of results.json; <see cref="SampleFile.Read"/> reads it.</param>
/// <param name="Warnings">Why figures should not be trusted.</param>
/// <param name="Clocks">How steady the clocks were; null where nothing tells.</param>
/// <param name="FirstRunMs">The first run of a session, before everything that was measured: kernels that are compiled at first use are in it. Null in a run that did not keep it.</param>
/// <param name="Processes">All processes that measured it. The first is the one that everything else here is of; null in a run that did not keep them.</param>
public sealed record SuiteMode(
    string Name, bool Graph, int Sessions, int Samples, int WarmUpRuns, double WallSeconds, double ImagesPerSecond, SampleSummary LatencyMs, SampleSummary H2dMs,
    SampleSummary GpuComputeMs, SampleSummary D2hMs, SampleSummary EnqueueMs, SampleSummary WallMs, string SamplesFile, IReadOnlyList<string> Warnings, SuiteClocks? Clocks = null,
    double? FirstRunMs = null, IReadOnlyList<SuiteProcess>? Processes = null);

/// <summary>One of the processes that measured a mode, each from loading the plan on: what differs between them tells how far to trust the median of one.</summary>
/// <param name="SamplesFile">Every counted run, relative to the folder of results.json.</param>
/// <param name="OtherCores">Cores that other processes kept busy meanwhile, on average; null where the system does not tell.</param>
public sealed record SuiteProcess(string SamplesFile, double? OtherCores);

/// <summary>How steady the clocks were.</summary>
/// <param name="Source">What told them, in words.</param>
/// <param name="Ratio">The lowest over the highest.</param>
/// <param name="LowestMHz">Null where only the ratio is known.</param>
/// <param name="HighestMHz">Null where only the ratio is known.</param>
/// <param name="Throttling">What held them down.</param>
public sealed record SuiteClocks(string Source, double Ratio, int? LowestMHz, int? HighestMHz, IReadOnlyList<string> Throttling);

/// <summary>The median request of the first mode, term by term in the order in which they happen; they add up to <paramref name="WallMs"/>. Milliseconds.</summary>
/// <param name="ManagedCallMs">From the call in C# to the native one.</param>
/// <param name="EnqueueMs">The part of the enqueue that no work of the device hides.</param>
/// <param name="H2dMs">Copying the inputs.</param>
/// <param name="ComputeMs">Computing.</param>
/// <param name="D2hMs">Copying the outputs.</param>
/// <param name="WakeUpMs">From the device's end to the readable output in C#.</param>
/// <param name="WallMs">All of it.</param>
/// <param name="GcCollections">Garbage collections in all runs of the mode.</param>
/// <param name="GcPauseMs">How long those held the process up, all together.</param>
public sealed record SuiteWaterfall(
    double ManagedCallMs, double EnqueueMs, double H2dMs, double ComputeMs, double D2hMs, double WakeUpMs, double WallMs, int GcCollections, double GcPauseMs);

/// <summary>Outputs beside those of the host SDK's FP32 engine on the same inputs, over all output tensors together.</summary>
/// <param name="Reference">What they are compared with, in words.</param>
/// <param name="MaxAbs">The largest difference of finite values.</param>
/// <param name="MeanAbs">Their mean difference.</param>
/// <param name="Cosine">Of the angle between both outputs as vectors.</param>
/// <param name="Top1Agreement">The part of rows whose largest value is in the same column; null without outputs of two dimensions.</param>
/// <param name="NaN">Values that are no number.</param>
/// <param name="Infinite">Values that are infinite.</param>
/// <param name="Elements">All values.</param>
public sealed record SuiteAccuracy(
    string Reference, double MaxAbs, double MeanAbs, double Cosine, double? Top1Agreement, long NaN, long Infinite, long Elements);

/// <summary>What the device's peaks allow.</summary>
/// <param name="Flops">Operations: twice the multiply-accumulates.</param>
/// <param name="Bytes">Bytes that have to move at least.</param>
/// <param name="LimitMs">The least time that the peaks allow.</param>
/// <param name="BoundBy"><c>compute</c> or <c>memory</c>.</param>
/// <param name="Fraction">The limit over the median compute time.</param>
/// <param name="BytesOf">What the bytes are of, in words.</param>
public sealed record SuiteRoofline(double Flops, double Bytes, double LimitMs, string BoundBy, double Fraction, string? BytesOf = null);

/// <summary>A cell's median latency over another.</summary>
/// <param name="With">The other.</param>
/// <param name="Ratio">2 is twice as long.</param>
/// <param name="SameHardware">False wherever the device is not the other's.</param>
/// <param name="Caption">All of it in a sentence.</param>
public sealed record SuiteComparison(SuitePublishedLatency With, double Ratio, bool SameHardware, string Caption);
