namespace Pinion.Benchmarking.Tests;

public sealed class BootstrapTests
{
    [Test]
    public void Constant_samples_leave_no_doubt()
    {
        RatioInterval r = Bootstrap.Ratio([.. Enumerable.Repeat(2.0, 50)], [.. Enumerable.Repeat(3.0, 70)], 0);
        Assert.That((r.Ratio, r.Low, r.High), Is.EqualTo((1.5, 1.5, 1.5)));
    }

    [Test]
    public void The_same_samples_give_the_same_interval()
    {
        RatioInterval first = Bootstrap.Ratio(Noise(1, 200, 1), Noise(2, 200, 1), 7);
        RatioInterval second = Bootstrap.Ratio(Noise(1, 200, 1), Noise(2, 200, 1), 7);
        Assert.That(second, Is.EqualTo(first));
        Assert.That(Bootstrap.Ratio(Noise(1, 200, 1), Noise(2, 200, 1), 8), Is.Not.EqualTo(first));
    }

    /// <summary>Of many pairs drawn from the same noise, the interval leaves 1 out about one time in twenty.</summary>
    [Test]
    public void The_interval_holds_the_truth_as_often_as_it_says()
    {
        int misses = 0;
        for (int pair = 0; pair < 200; pair++)
        {
            RatioInterval r = Bootstrap.Ratio(Noise((2 * pair) + 1, 150, 1), Noise((2 * pair) + 2, 150, 1), 0);
            misses += r.Low > 1 || r.High < 1 ? 1 : 0;
        }

        Assert.That(misses, Is.InRange(2, 26));
    }

    [Test]
    public void A_real_difference_is_seen_and_a_small_one_is_no_regression()
    {
        SuiteCell cell = new("k", "m", 1, "fp32", CellStatus.Measured, null, "", "", 1, null, null, [], null, null, null, null, []);
        DiffCell slow = SuiteComparer.Compare(cell, Noise(1, 300, 1), Noise(2, 300, 1.3), 5);
        Assert.That((slow.Verdict, slow.Regression), Is.EqualTo((SuiteComparer.Slower, true)));
        DiffCell little = SuiteComparer.Compare(cell, Noise(1, 3000, 1), Noise(2, 3000, 1.02), 5);
        Assert.That((little.Verdict, little.Regression), Is.EqualTo((SuiteComparer.Slower, false)));
        DiffCell fast = SuiteComparer.Compare(cell, Noise(1, 300, 1.3), Noise(2, 300, 1), 5);
        Assert.That((fast.Verdict, fast.Regression), Is.EqualTo((SuiteComparer.Faster, false)));
        // So few and so noisy that the ratio alone would fail.
        DiffCell noisy = SuiteComparer.Compare(cell, [1, 2, 1, 2, 1], [1, 2, 2, 1, 2], 5);
        Assert.That(noisy.Ratio, Is.EqualTo(2));
        Assert.That(noisy.Regression, Is.False);
    }

    private static double[] Noise(int seed, int count, double level)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => level * (1 + (0.05 * random.NextDouble())))];
    }
}
