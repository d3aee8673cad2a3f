namespace Pinion.Benchmarking;

/// <summary>An interval of the ratio of two latencies.</summary>
internal readonly record struct RatioInterval(double Low, double High);

/// <summary>
/// The interval that belongs to the rank-sum test (Hodges and Lehmann): of all ratios of a new figure over an old one, as many are
/// left out at either end as chance allows. It assumes no distribution, only that each figure is an independent draw, and one
/// process that met other load cannot move it far.
/// </summary>
internal static class RankInterval
{
    public const double Confidence = 0.95;

    /// <summary>Load lasts: processes that follow each other meet the same, so they are no independent draws.</summary>
    public const double ConfidenceUnderLoad = 0.999;

    /// <summary>Every new figure over every old one, in ascending order.</summary>
    public static double[] Ratios(ReadOnlySpan<double> old, ReadOnlySpan<double> now)
    {
        double[] ratios = new double[old.Length * now.Length];
        for (int i = 0; i < ratios.Length; i++)
        {
            ratios[i] = now[i % now.Length] / old[i / now.Length];
        }

        Array.Sort(ratios);
        return ratios;
    }

    /// <summary>Null where so few figures allow no interval, however far they are apart.</summary>
    /// <param name="ratios">As <see cref="Ratios"/> gives them.</param>
    /// <param name="old">How many old figures there were.</param>
    /// <param name="now">How many new ones.</param>
    /// <param name="confidence">How often the interval holds the truth.</param>
    public static RatioInterval? Of(double[] ratios, int old, int now, double confidence = Confidence)
    {
        int outside = Outside(old, now, confidence);
        return outside == 0 ? null : new RatioInterval(ratios[outside - 1], ratios[^outside]);
    }

    /// <summary>The ratios up to the interval's lower end: the most for which the rank sum is as low in at most half of 1 - confidence.</summary>
    private static int Outside(int old, int now, double confidence)
    {
        // Of all orders of both sides, how many have each rank sum: entry [i][u] after i old and all j new ones.
        double[][] orders = [.. Enumerable.Range(0, old + 1).Select(_ => new double[(old * now) + 1])];
        foreach (double[] row in orders)
        {
            row[0] = 1;
        }

        for (int j = 1; j <= now; j++)
        {
            for (int i = 1; i <= old; i++)
            {
                // The largest of all is an old one, above j new ones, or a new one.
                for (int u = (i * j); u >= j; u--)
                {
                    orders[i][u] += orders[i - 1][u - j];
                }
            }
        }

        double all = orders[old].Sum();
        double below = 0;
        int outside = 0;
        while (outside < (old * now) / 2 && (below += orders[old][outside]) <= all * (1 - confidence) / 2)
        {
            outside++;
        }

        return outside;
    }
}
