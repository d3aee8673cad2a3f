using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Why a mode's figures should not be trusted, one sentence each.</summary>
internal static class ModeWarnings
{
    /// <summary>Other processes that take less than this part of a core are the noise of every machine.</summary>
    public const double QuietCores = 0.15;

    public static IReadOnlyList<string> Of(ModeRequest mode, LatencyResult run, double? otherCores, SuiteClocks? clocks)
    {
        var warnings = new List<string>();
        if (mode.Graph && !run.UsesGraph)
        {
            warnings.Add("no CUDA graph could be captured: runs were enqueued plainly.");
        }

        if (run.Has(LatencyWarningKind.Unstable))
        {
            warnings.Add(Text($"compute time is unstable: its coefficient of variation is {run.UnstableText}."));
        }

        if (run.Has(LatencyWarningKind.EnqueueBound))
        {
            warnings.Add(Text($"enqueue-bound: enqueue takes {run.Enqueue.Median:G4} ms against {run.Compute.Median:G4} ms of compute (medians), so the host may hold the device up."));
        }

        if (run.Has(LatencyWarningKind.InputBound) || run.Has(LatencyWarningKind.OutputBound))
        {
            warnings.Add(Text($"transfer-bound: copies take {run.H2d.Median:G4} ms in and {run.D2h.Median:G4} ms out against {run.Compute.Median:G4} ms of compute (medians)."));
        }

        if (otherCores > QuietCores)
        {
            warnings.Add(Text($"other load: other processes took {otherCores:F1} of {Environment.ProcessorCount} cores meanwhile."));
        }

        warnings.AddRange(ClockWatch.Warnings(clocks));
        return warnings;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
