namespace Pinion.Cli;

// What gpu-check.json holds; docs/json.md describes every field.

/// <summary>A part of the check: what became of it, in how much of its time.</summary>
internal sealed record CheckedPart(string Name, string Status, double Seconds, double LimitSeconds, IReadOnlyList<string> Failures, IReadOnlyList<string> Notes)
{
    public const string Passed = "passed";
    public const string Failed = "failed";
    public const string Skipped = "skipped";
}

internal sealed record CheckedEnvironment(DoctorDocument Doctor, SuiteEnvironment? Machine);

internal sealed record FailedTest(string Name, string Message);

internal sealed record CheckedTests(string Program, int Passed, int Failed, int Skipped, double Seconds, IReadOnlyList<FailedTest> Failures);

internal sealed record CheckedModel(
    string Model, IReadOnlyDictionary<string, TensorShape> Shapes, string Reference, double BuildSeconds, bool Graph, double MaxAbsAllowed, bool Passed, SuiteAccuracy GraphAccuracy, SuiteAccuracy PlainAccuracy);

internal sealed record CopyBandwidth(string Memory, long Bytes, int Copies, double HostToDeviceGBps, double DeviceToHostGBps);

internal sealed record CopyOverlap(
    int Sessions, double ThroughputQps, double OverOneSession, double OverBound, double HostToDeviceMs, double ComputeMs, double DeviceToHostMs);

internal sealed record RunMode(string Model, string Wait, bool GraphAsked, int TimingInterval, SampleSummary? ManagedMicroseconds, LatencyFigures Figures);

internal sealed record ModelMemory(string Model, MemoryFacts Memory);

internal sealed record SoakFacts(
    long Runs, long RunsAsked, long Wrong, double Seconds, double RunsPerSecond, double AllocatedBytesPerRun, long DeviceBytesLost, long HostBytesGrown);

/// <summary>What a part has found out; the process of a part prints it, and the check puts those of all together.</summary>
internal sealed record GpuCheckAnswer
{
    /// <summary>Why the part failed, a sentence each; empty if it passed.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>What the figures are not, and what was left out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public CheckedEnvironment? Environment { get; init; }

    /// <summary>Why nothing is checked: there is no GPU here.</summary>
    public string? NoGpu { get; init; }

    public IReadOnlyList<CheckedTests>? NativeTests { get; init; }

    public IReadOnlyList<CheckedModel>? Correctness { get; init; }

    public IReadOnlyList<CopyBandwidth>? Copies { get; init; }

    public IReadOnlyList<CopyOverlap>? Overlap { get; init; }

    public IReadOnlyList<RunMode>? Latency { get; init; }

    public IReadOnlyList<ModelMemory>? Memory { get; init; }

    public SoakFacts? Soak { get; init; }
}

internal sealed record GpuCheckDocument(
    string Pinion, Sdk? Sdk, string? Device, string? NoGpu, bool Passed, DateTimeOffset Started, double Seconds, double LimitSeconds,
    IReadOnlyList<CheckedPart> Parts, CheckedEnvironment? Environment, IReadOnlyList<CheckedTests>? NativeTests, IReadOnlyList<CheckedModel>? Correctness,
    IReadOnlyList<CopyBandwidth>? Copies, IReadOnlyList<CopyOverlap>? Overlap, IReadOnlyList<RunMode>? Latency, IReadOnlyList<ModelMemory>? Memory,
    SoakFacts? Soak);
