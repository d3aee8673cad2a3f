using System.Globalization;

namespace Pinion.Cli.Measuring;

/// <summary>The summaries of one measured variant and what they say about the measurement itself.</summary>
internal sealed record Findings(Summary Latency, Summary H2d, Summary Compute, Summary D2h, Summary Enqueue, Summary Wall)
{
    /// <summary>Above this part of the compute time, the host may not keep the device busy.</summary>
    public const double EnqueueBound = 0.8;

    /// <summary>Above this coefficient of variation, in percent, compute times are unstable.</summary>
    public const double UnstableCvPercent = 1.0;

    public static Findings Of(SampleStore samples) => new(
        Statistics.Summarize(samples.Select(s => s.LatencyMs)),
        Statistics.Summarize(samples.Select(s => s.H2dMs)),
        Statistics.Summarize(samples.Select(s => s.ComputeMs)),
        Statistics.Summarize(samples.Select(s => s.D2hMs)),
        Statistics.Summarize(samples.Select(s => s.EnqueueMs)),
        Statistics.Summarize(samples.Select(s => s.WallMs)));

    /// <summary>True where the host's enqueue is too slow for the device.</summary>
    public bool IsEnqueueBound => Enqueue.Median > EnqueueBound * Compute.Median;

    public bool IsH2dBound => H2d.Median >= Compute.Median;

    public bool IsD2hBound => D2h.Median >= Compute.Median;

    public bool IsUnstable => Compute.CvPercent > UnstableCvPercent;

    /// <summary>One sentence per finding, with the option that helps.</summary>
    public IReadOnlyList<string> Warnings(bool graph, bool spin, int streams)
    {
        var warnings = new List<string>();
        if (IsEnqueueBound)
        {
            string help = graph ? "a CUDA graph is in use already" : "a CUDA graph (leave out --no-graph) may help";
            warnings.Add(Text($"enqueue takes {Enqueue.Median:G4} ms against {Compute.Median:G4} ms of compute (medians): the host may hold the device up; {help}."));
        }
        if (IsH2dBound)
        {
            warnings.Add(Text($"copying inputs takes {H2d.Median:G4} ms against {Compute.Median:G4} ms of compute (medians): transfers may bound throughput; --no-transfers measures without them."));
        }
        if (IsD2hBound)
        {
            warnings.Add(Text($"copying outputs takes {D2h.Median:G4} ms against {Compute.Median:G4} ms of compute (medians): transfers may bound throughput; --no-transfers measures without them."));
        }
        if (IsUnstable)
        {
            string help = spin ? "fixed clocks may help" : "fixed clocks or --spin may help";
            warnings.Add(Text($"compute time is unstable: its coefficient of variation is {Compute.CvPercent:F1}% (above {UnstableCvPercent:F0}%); {help}."));
        }
        if (streams > 1)
        {
            warnings.Add(Text($"{streams} streams run at once: latencies include waiting for each other; compare throughput instead."));
        }
        return warnings;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
