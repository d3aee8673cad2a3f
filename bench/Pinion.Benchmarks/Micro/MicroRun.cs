using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Pinion.Benchmarks;

/// <summary>One benchmark of BenchmarkDotNet.</summary>
/// <param name="Name">Class, method and parameters.</param>
/// <param name="MedianMicroseconds">Of one operation.</param>
/// <param name="P95Microseconds">Of one operation.</param>
/// <param name="AllocatedBytes">Managed memory of one operation.</param>
internal sealed record MicroResult(string Name, double MedianMicroseconds, double P95Microseconds, long AllocatedBytes);

/// <summary>All of them for the summary; BenchmarkDotNet's own words go to its log file.</summary>
internal static class MicroRun
{
    public static MicroResult[] Measure()
    {
        BenchmarkDotNet.Reports.Summary[] summaries =
            BenchmarkRunner.Run(typeof(MicroConfig).Assembly, new MicroConfig(NullLogger.Instance));
        BenchmarkReport[] reports = [.. summaries.SelectMany(s => s.Reports)];
        return reports.FirstOrDefault(r => !r.Success) is { } failed
            ? throw new InvalidOperationException($"{failed.BenchmarkCase.DisplayInfo} failed; see the log in {summaries[0].ResultsDirectoryPath}")
            : [.. reports.Select(ToResult)];
    }

    private static MicroResult ToResult(BenchmarkReport report)
    {
        string parameters = report.BenchmarkCase.Parameters.DisplayInfo;
        return new MicroResult(
            $"{report.BenchmarkCase.Descriptor.Type.Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}{(parameters.Length == 0 ? "" : " " + parameters)}",
            report.ResultStatistics!.Median / 1000, report.ResultStatistics.Percentiles.P95 / 1000,
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0);
    }
}
