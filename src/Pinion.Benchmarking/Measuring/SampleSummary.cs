namespace Pinion.Benchmarking;

/// <summary>One measured quantity over all counted runs, in trtexec's terms and in the unit of its samples.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Median">The middle one, or the mean of the middle two.</param>
/// <param name="P90">The 90th percentile, as <see cref="Statistics.Percentile"/> takes it; null below 10 samples, of which none would lie beyond it.</param>
/// <param name="P95">The 95th; null below 20 samples.</param>
/// <param name="P99">The 99th; null below 100 samples.</param>
/// <param name="Max">The largest.</param>
/// <param name="CvPercent">The coefficient of variation: the population deviation over the mean, in percent.</param>
public readonly record struct SampleSummary(double Min, double Mean, double Median, double? P90, double? P95, double? P99, double Max, double CvPercent);
