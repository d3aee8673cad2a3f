using System.Globalization;
using Pinion.Cli.Measuring;

namespace Pinion.Cli.Suite.Worker;

/// <summary>Why a mode's figures should not be trusted, one sentence each.</summary>
internal static class ModeWarnings
{
    /// <summary>Other processes that take less than this part of a core are the noise of every machine.</summary>
    public const double QuietCores = 0.15;

    public static IReadOnlyList<string> Of(ModeRequest mode, BenchRun run, double? otherCores, SuiteClocks? clocks)
    {
        Findings f = run.Findings;
        var warnings = new List<string>();
        if (mode.Graph && !run.UsesGraph)
        {
            warnings.Add("no CUDA graph could be captured: runs were enqueued plainly.");
        }
        if (f.IsUnstable)
        {
            warnings.Add(Text($"compute time is unstable: its coefficient of variation is {f.Compute.CvPercent:F1}% (above {Findings.UnstableCvPercent:F0}%)."));
        }
        if (f.IsEnqueueBound)
        {
            warnings.Add(Text($"enqueue-bound: enqueue takes {f.Enqueue.Median:G4} ms against {f.Compute.Median:G4} ms of compute (medians), so the host may hold the device up."));
        }
        if (f.IsH2dBound || f.IsD2hBound)
        {
            warnings.Add(Text($"transfer-bound: copies take {f.H2d.Median:G4} ms in and {f.D2h.Median:G4} ms out against {f.Compute.Median:G4} ms of compute (medians)."));
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
