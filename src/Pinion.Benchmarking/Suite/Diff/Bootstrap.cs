namespace Pinion.Benchmarking;

/// <summary>An interval of the ratio of two medians.</summary>
internal readonly record struct RatioInterval(double Ratio, double Low, double High);

/// <summary>
/// A bootstrap of the ratio of medians: both sides are drawn again and again, in blocks, as neighbouring runs are alike, and the
/// middle 95 % of the ratios are the interval. Draws come from a seed, so that the same samples give the same interval.
/// </summary>
internal static class Bootstrap
{
    public const int Rounds = 1000;
    public const double Confidence = 0.95;

    public static RatioInterval Ratio(ReadOnlySpan<double> old, ReadOnlySpan<double> now, ulong seed)
    {
        ulong state = seed;
        double[] oldMedians = Medians(old, ref state);
        double[] newMedians = Medians(now, ref state);
        double[] ratios = [.. newMedians.Zip(oldMedians, (n, o) => n / o)];
        Array.Sort(ratios);
        int tail = (int)(Rounds * (1 - Confidence) / 2);
        return new RatioInterval(Statistics.Median(Statistics.Sorted(now.ToArray())) / Statistics.Median(Statistics.Sorted(old.ToArray())), ratios[tail], ratios[^(tail + 1)]);
    }

    private static double[] Medians(ReadOnlySpan<double> values, ref ulong state)
    {
        int n = values.Length;
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, n)];
        Array.Sort(sorted, order);
        int[] rank = new int[n];
        for (int i = 0; i < n; i++)
        {
            rank[order[i]] = i;
        }
        // The usual length for a median of samples whose likeness fades.
        int block = Math.Max((int)Math.Round(Math.Cbrt(n)), 1);
        int[] drawn = new int[n];
        double[] medians = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            Array.Clear(drawn);
            for (int taken = 0; taken < n;)
            {
                // Blocks go round the end, so that every sample is drawn as often as any other.
                int start = (int)(Next(ref state) % (ulong)n);
                for (int k = 0; k < block && taken < n; k++, taken++)
                {
                    drawn[rank[(start + k) % n]]++;
                }
            }

            medians[round] = MedianOf(drawn, sorted);
        }

        return medians;
    }

    /// <summary>The median of sorted values that were drawn so many times each.</summary>
    private static double MedianOf(int[] drawn, double[] sorted)
    {
        int n = sorted.Length;
        (int low, int high) = ((n - 1) / 2, n / 2);
        int seen = 0;
        double first = 0;
        bool hasFirst = false;
        for (int i = 0; i < n; i++)
        {
            seen += drawn[i];
            if (!hasFirst && seen > low)
            {
                (first, hasFirst) = (sorted[i], true);
            }

            if (seen > high)
            {
                return (first + sorted[i]) / 2;
            }
        }

        return first;
    }

    /// <summary>SplitMix64, as for input values.</summary>
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
