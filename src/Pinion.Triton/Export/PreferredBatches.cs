namespace Pinion.Cli.Commands.Export;

/// <summary>Which batch sizes are worth filling, by what was measured.</summary>
internal static class PreferredBatches
{
    /// <summary>What a size must gain in rows per second over the best smaller one.</summary>
    public const double Gain = 0.05;

    /// <summary>
    /// The sizes above 1 with at least <see cref="Gain"/> more rows per second than every smaller one that was measured. 1 is
    /// never among them: a batch of a preferred size does not wait, and with 1 none would.
    /// </summary>
    public static IReadOnlyList<int> Choose(IEnumerable<BatchFacts> measured)
    {
        var preferred = new List<int>();
        double best = 0;
        foreach (BatchFacts facts in measured.OrderBy(f => f.Batch))
        {
            if (facts.Batch > 1 && facts.RowsPerSecond >= best * (1 + Gain))
            {
                preferred.Add(facts.Batch);
            }
            best = Math.Max(best, facts.RowsPerSecond);
        }
        return preferred;
    }
}
