namespace Pinion.Triton;

/// <summary>Which batch sizes are worth filling, by what was measured.</summary>
public static class PreferredBatches
{
    /// <summary>What a size must gain in rows per second over the best smaller one.</summary>
    public const double Gain = 0.05;

    /// <summary>
    /// The sizes above 1 with at least <see cref="Gain"/> more rows per second than every smaller one that was measured. 1 is
    /// never among them: a batch of a preferred size does not wait, and with 1 none would.
    /// </summary>
    public static IReadOnlyList<int> Choose(IEnumerable<BatchLatency> measured)
    {
        var preferred = new List<int>();
        double best = 0;
        foreach (BatchLatency latency in measured.OrderBy(l => l.Batch))
        {
            if (latency.Batch > 1 && latency.RowsPerSecond >= best * (1 + Gain))
            {
                preferred.Add(latency.Batch);
            }

            best = Math.Max(best, latency.RowsPerSecond);
        }

        return preferred;
    }
}
