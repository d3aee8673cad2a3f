namespace Pinion.Benchmarking;

/// <summary>trtexec's definitions: percentiles without interpolation, a median of the middle two, a population deviation.</summary>
public static class Statistics
{
    /// <summary>Summarizes <paramref name="values"/>, which are sorted in place; all zeros where there are none.</summary>
    public static SampleSummary Summarize(Span<double> values)
    {
        if (values.IsEmpty)
        {
            return default;
        }

        double mean = Mean(values);
        double cv = CoefficientOfVariation(values, mean);
        values.Sort();
        return new SampleSummary(values[0], mean, Median(values), Carried(values, 90), Carried(values, 95), Carried(values, 99), values[^1], cv);
    }

    /// <summary>A percentile with at least one value beyond it: else it is the maximum by another name.</summary>
    private static double? Carried(ReadOnlySpan<double> sorted, int percent) => sorted.Length >= 100 / (100 - percent) ? Percentile(sorted, percent) : null;

    /// <summary>A copy in ascending order, as <see cref="Median"/> and <see cref="Percentile"/> take values.</summary>
    public static double[] Sorted(IEnumerable<double> values) => [.. values.Order()];

    /// <summary>The mean; NaN where there are no values.</summary>
    public static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    /// <summary>
    /// Element max(n - 1 - int((1 - p / 100) * n), 0) of sorted values. The product is taken in decimals: in binary floating point
    /// (1 - 0.9) * 10 is below 1 or not, depending on the width.
    /// </summary>
    /// <param name="sorted">At least one value, in ascending order.</param>
    /// <param name="percent">From 0 to 100.</param>
    public static double Percentile(ReadOnlySpan<double> sorted, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length, nameof(sorted));
        int excluded = (int)((100m - (decimal)percent) * sorted.Length / 100m);
        return sorted[Math.Max(sorted.Length - 1 - excluded, 0)];
    }

    /// <summary>The middle one of sorted values, or the mean of the middle two.</summary>
    public static double Median(ReadOnlySpan<double> sorted)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length, nameof(sorted));
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Population deviation over mean, in percent; 0 where the mean is 0 (nothing was measured).</summary>
    public static double CoefficientOfVariation(ReadOnlySpan<double> values, double mean)
    {
        if (mean == 0)
        {
            return 0;
        }

        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return Math.Sqrt(squares / values.Length) / mean * 100;
    }
}
