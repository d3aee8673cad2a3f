namespace Pinion.Benchmarking.Tests;

public sealed class StatisticsTests
{
    /// <summary>Of 1..n the element at index i is i + 1, so the value tells the index.</summary>
    [TestCase(1, 90, 1)]
    [TestCase(9, 90, 9)]
    [TestCase(10, 90, 9)]
    [TestCase(11, 90, 10)]
    [TestCase(10, 99, 10)]
    [TestCase(20, 95, 19)]
    [TestCase(100, 90, 90)]
    [TestCase(100, 95, 95)]
    [TestCase(100, 99, 99)]
    [TestCase(1000, 99, 990)]
    [TestCase(1001, 99, 991)]
    [TestCase(10, 0, 1)]
    [TestCase(10, 100, 10)]
    [TestCase(10, 99.9, 10)]
    [TestCase(1000, 99.9, 999)]
    public void Percentile_is_an_element_without_interpolation(int n, double percent, double expected)
    {
        double[] sorted = [.. Enumerable.Range(1, n).Select(i => (double)i)];
        Assert.That(Statistics.Percentile(sorted, percent), Is.EqualTo(expected));
    }

    [Test]
    public void Median_averages_the_middle_two()
    {
        Assert.That(Statistics.Median([1, 2, 10]), Is.EqualTo(2));
        Assert.That(Statistics.Median([1, 2, 4, 10]), Is.EqualTo(3));
        Assert.That(Statistics.Median([7]), Is.EqualTo(7));
    }

    [Test]
    public void Variation_is_the_population_deviation_over_the_mean()
    {
        // Mean 5, squares 9+1+1+1+0+0+4+16 = 32, population variance 4, deviation 2.
        double[] values = [2, 4, 4, 4, 5, 5, 7, 9];
        Assert.That(Statistics.CoefficientOfVariation(values, 5), Is.EqualTo(40).Within(1e-12));
        Assert.That(Statistics.CoefficientOfVariation([0, 0], 0), Is.Zero);
    }

    [Test]
    public void Summary_of_unsorted_values()
    {
        SampleSummary s = Statistics.Summarize([9, 2, 4, 4, 5, 7, 4, 5]);
        Assert.That(s, Is.EqualTo(new SampleSummary(2, 5, 4.5, null, null, null, 9, 40)));
    }

    [TestCase(9, false, false, false)]
    [TestCase(10, true, false, false)]
    [TestCase(19, true, false, false)]
    [TestCase(20, true, true, false)]
    [TestCase(99, true, true, false)]
    [TestCase(100, true, true, true)]
    public void A_percentile_beyond_which_no_sample_lies_is_left_out(int n, bool p90, bool p95, bool p99)
    {
        double[] values = [.. Enumerable.Range(1, n).Select(i => (double)i)];
        SampleSummary s = Statistics.Summarize(values);
        Assert.That((s.P90, s.P95, s.P99), Is.EqualTo((Expected(90, p90), Expected(95, p95), Expected(99, p99))));
        Assert.That((s.P90 < s.Max, s.P95 < s.Max, s.P99 < s.Max), Is.EqualTo((p90, p95, p99)), "what is given is below the maximum");

        double? Expected(double percent, bool carried) => carried ? Statistics.Percentile(values, percent) : null;
    }

    [Test]
    public void Summary_of_nothing_is_zero() => Assert.That(Statistics.Summarize([]), Is.EqualTo(default(SampleSummary)));
}
