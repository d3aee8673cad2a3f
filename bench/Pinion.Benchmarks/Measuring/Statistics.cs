namespace Pinion.Benchmarks.Measuring;

/// <summary>Order statistics of samples.</summary>
internal static class Statistics
{
    /// <summary>The middle sample, or the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("there are no samples", nameof(samples));
        }

        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Element max(n - 1 - int((1 - fraction) * n), 0) of the sorted samples, as trtexec counts percentiles.</summary>
    public static double Percentile(IEnumerable<double> samples, double fraction)
    {
        double[] sorted = [.. samples.Order()];
        return sorted[Math.Max(sorted.Length - 1 - (int)((1 - fraction) * sorted.Length), 0)];
    }
}
