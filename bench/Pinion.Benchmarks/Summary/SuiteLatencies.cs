namespace Pinion.Benchmarks;

/// <summary>One cell of a suite's run.</summary>
internal sealed record SuiteLatency(string Model, int Batch, string ComputedIn, double LatencyMs, double ImagesPerSecond);

/// <summary>The figures of a suite's run that the summary repeats.</summary>
internal static class SuiteLatencies
{
    /// <param name="folder">The run's; its results.json is read.</param>
    public static SuiteLatency[] Read(string folder) =>
    [
        .. from cell in SuiteResults.Load(folder).Cells
           where cell.Status == CellStatus.Measured
           let mode = cell.Modes.Single(m => m.Name == "graph-1")
           select new SuiteLatency(cell.Model, cell.Batch, cell.ComputedIn, mode.LatencyMs.Median, mode.ImagesPerSecond),
    ];
}
