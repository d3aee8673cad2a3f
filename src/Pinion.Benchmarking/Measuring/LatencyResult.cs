using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>What a measurement says about itself.</summary>
public enum LatencyWarningKind
{
    /// <summary>The host's enqueue is too slow for the device.</summary>
    EnqueueBound,

    /// <summary>Copying the inputs takes as long as computing.</summary>
    InputBound,

    /// <summary>Copying the outputs takes as long as computing.</summary>
    OutputBound,

    /// <summary>Compute times vary from run to run.</summary>
    Unstable,

    /// <summary>Several sessions ran at once, so latencies include waiting for each other.</summary>
    Overlapped,
}

/// <summary>Why a figure should not be trusted as it stands.</summary>
/// <param name="Kind">What was found.</param>
/// <param name="Message">The same in a sentence, with the figures and what may help.</param>
public sealed record LatencyWarning(LatencyWarningKind Kind, string Message);

/// <summary>One measurement: every counted run, summaries in milliseconds, and what they say about the measurement itself.</summary>
public sealed class LatencyResult
{
    /// <summary>Above this part of the compute time, the host may not keep the device busy.</summary>
    public const double EnqueueBound = 0.8;

    /// <summary>Above this coefficient of variation, in percent, compute times are unstable.</summary>
    public const double UnstableCvPercent = 1.0;

    internal LatencyResult(Measurement measurement, MeasureOptions options, SessionOptions session, int sessions, EngineShapes shapes, bool usesGraph, double firstRunMs)
    {
        SampleStore samples = measurement.Samples;
        (Samples, WarmUpRuns, WallSeconds, ThroughputQps) = (samples, measurement.WarmUpRuns, measurement.WallSeconds, measurement.ThroughputQps);
        (GcCollections, GcPauseMs, IsPartial) = (measurement.GcCollections, measurement.GcPauseMs, measurement.IsPartial);
        (Options, SessionOptions, SessionCount, Shapes, UsesGraph, FirstRunMs) = (options, session, sessions, shapes, usesGraph, firstRunMs);
        Latency = Statistics.Summarize(samples.Select(s => s.LatencyMs));
        H2d = Statistics.Summarize(samples.Select(s => s.H2dMs));
        Compute = Statistics.Summarize(samples.Select(s => s.ComputeMs));
        D2h = Statistics.Summarize(samples.Select(s => s.D2hMs));
        Enqueue = Statistics.Summarize(samples.Select(s => s.EnqueueMs));
        Wall = Statistics.Summarize(samples.Select(s => s.WallMs));
        Warnings = [.. Findings()];
    }

    /// <summary>How it was measured.</summary>
    public MeasureOptions Options { get; }

    /// <summary>What the sessions were created with.</summary>
    public SessionOptions SessionOptions { get; }

    /// <summary>Inferences in flight at once.</summary>
    public int SessionCount { get; }

    /// <summary>The shapes that ran.</summary>
    public EngineShapes Shapes { get; }

    /// <summary>Whether runs were launches of a CUDA graph.</summary>
    public bool UsesGraph { get; }

    /// <summary>The longest first run of a session with these shapes, before everything that was measured: kernels that are compiled at first use are in it.</summary>
    public double FirstRunMs { get; }

    /// <summary>Every counted run, in order.</summary>
    public IReadOnlyList<LatencySample> Samples { get; }

    /// <summary>The runs dropped as warm-up.</summary>
    public int WarmUpRuns { get; }

    /// <summary>Whether it was cancelled before it had measured what it was to; see <see cref="MeasureOptions.KeepWhenCancelled"/>.</summary>
    public bool IsPartial { get; }

    /// <summary>From the first counted start to the last end.</summary>
    public double WallSeconds { get; }

    /// <summary>Queries over wall time; a query is one inference, whatever its batch.</summary>
    public double ThroughputQps { get; }

    /// <summary>Garbage collections while the loop ran, warm-up included.</summary>
    public int GcCollections { get; }

    /// <summary>How long those held the process up, all together.</summary>
    public double GcPauseMs { get; }

    /// <summary>H2D, compute and D2H of a run added up.</summary>
    public SampleSummary Latency { get; }

    /// <summary>Copying the inputs to the device.</summary>
    public SampleSummary H2d { get; }

    /// <summary>The work of the device between the copies.</summary>
    public SampleSummary Compute { get; }

    /// <summary>Copying the outputs back.</summary>
    public SampleSummary D2h { get; }

    /// <summary>The host's time to put a run into the stream.</summary>
    public SampleSummary Enqueue { get; }

    /// <summary>From the call in C# to the readable output.</summary>
    public SampleSummary Wall { get; }

    /// <summary>What should not be trusted, at most one of each kind.</summary>
    public IReadOnlyList<LatencyWarning> Warnings { get; }

    /// <summary>Whether the measurement has such a warning.</summary>
    public bool Has(LatencyWarningKind kind) => Warnings.Any(w => w.Kind == kind);

    /// <summary>The coefficient of variation that is too large, and the limit that it is above even where it rounds to it.</summary>
    internal string UnstableText => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Compute.CvPercent < UnstableCvPercent + 0.05 ? "just" : $"{Compute.CvPercent:F1}%,")} above {UnstableCvPercent:F0}%");

    private IEnumerable<LatencyWarning> Findings()
    {
        if (Enqueue.Median > EnqueueBound * Compute.Median)
        {
            string help = UsesGraph ? "a CUDA graph is in use already" : "a CUDA graph may help";
            yield return Warning(
                LatencyWarningKind.EnqueueBound, $"enqueue takes {Enqueue.Median:G4} ms against {Compute.Median:G4} ms of compute (medians): the host may hold the device up; {help}.");
        }

        if (H2d.Median >= Compute.Median)
        {
            yield return Warning(
                LatencyWarningKind.InputBound, $"copying inputs takes {H2d.Median:G4} ms against {Compute.Median:G4} ms of compute (medians): transfers may bound throughput.");
        }

        if (D2h.Median >= Compute.Median)
        {
            yield return Warning(
                LatencyWarningKind.OutputBound, $"copying outputs takes {D2h.Median:G4} ms against {Compute.Median:G4} ms of compute (medians): transfers may bound throughput.");
        }

        if (Compute.CvPercent > UnstableCvPercent)
        {
            yield return Warning(
                LatencyWarningKind.Unstable, $"compute time is unstable: its coefficient of variation is {UnstableText}; fixed clocks may help.");
        }

        if (SessionCount > 1)
        {
            yield return Warning(LatencyWarningKind.Overlapped, $"{SessionCount} streams run at once: latencies include waiting for each other; compare throughput instead.");
        }
    }

    private static LatencyWarning Warning(LatencyWarningKind kind, FormattableString text) => new(kind, text.ToString(CultureInfo.InvariantCulture));
}
