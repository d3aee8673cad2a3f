namespace Pinion.Cli.Measuring;

/// <summary>One measured quantity over all counted runs, in trtexec's terms.</summary>
internal readonly record struct Summary(double Min, double Mean, double Median, double P90, double P95, double P99, double Max, double CvPercent);

/// <summary>trtexec's definitions: percentiles without interpolation, a median of the middle two, a population deviation.</summary>
internal static class Statistics
{
    /// <summary>Summarizes <paramref name="values"/>, which are sorted in place.</summary>
    public static Summary Summarize(Span<double> values)
    {
        if (values.IsEmpty)
        {
            return default;
        }
        double mean = Mean(values);
        double cv = CoefficientOfVariation(values, mean);
        values.Sort();
        return new Summary(values[0], mean, Median(values), Percentile(values, 90), Percentile(values, 95), Percentile(values, 99), values[^1], cv);
    }

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
    public static double Percentile(ReadOnlySpan<double> sorted, double percent)
    {
        int excluded = (int)((100m - (decimal)percent) * sorted.Length / 100m);
        return sorted[Math.Max(sorted.Length - 1 - excluded, 0)];
    }

    public static double Median(ReadOnlySpan<double> sorted)
    {
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
