namespace Pinion.Benchmarking.Tests;

public sealed class RankIntervalTests
{
    private const int Processes = 7;
    private const int Pairs = 50;

    private static readonly SuiteCell Cell = new("k", "m", 1, "fp32", CellStatus.Measured, null, "", "", 1, null, null, [], null, null, null, null, []);

    [Test]
    public void Constant_figures_leave_no_doubt()
    {
        double[] ratios = RankInterval.Ratios([2, 2, 2, 2, 2], [3, 3, 3, 3]);
        Assert.That(ratios, Is.EqualTo(Enumerable.Repeat(1.5, 20)));
        Assert.That(RankInterval.Of(ratios, 5, 4), Is.EqualTo(new RatioInterval(1.5, 1.5)));
    }

    /// <summary>Ranks of the ends from published tables of the rank-sum test at 0.05, two-sided: the largest rank sum that rejects, plus one.</summary>
    [TestCase(4, 4, 1)]
    [TestCase(5, 5, 3)]
    [TestCase(5, 7, 6)]
    [TestCase(7, 7, 9)]
    [TestCase(8, 8, 14)]
    [TestCase(10, 10, 24)]
    public void The_ends_are_those_of_the_rank_sum_test(int old, int now, int end)
    {
        double[] ratios = [.. Enumerable.Range(1, old * now).Select(i => (double)i)];
        Assert.That(RankInterval.Of(ratios, old, now), Is.EqualTo(new RatioInterval(end, (old * now) + 1 - end)));
        Assert.That(RankInterval.Of(ratios, now, old), Is.EqualTo(new RatioInterval(end, (old * now) + 1 - end)));
    }

    [TestCase(1, 1)]
    [TestCase(3, 3)]
    [TestCase(2, 7)]
    [TestCase(1, 30)]
    public void Few_processes_allow_no_interval(int old, int now)
    {
        DiffCell cell = SuiteComparer.Compare(Cell, new([.. Enumerable.Repeat(1.0, old)]), new([.. Enumerable.Repeat(9.0, now)]), 5);
        Assert.That((cell.Low, cell.High, cell.Verdict, cell.Regression), Is.EqualTo(((double?)null, (double?)null, SuiteComparer.CannotTell, false)));
        Assert.That(cell.Reason, Does.Contain($"measured by {old} and {now} processes"));
        Assert.That(cell.Ratio, Is.EqualTo(9));
    }

    [Test]
    public void The_interval_holds_the_truth_as_often_as_it_says()
    {
        int misses = 0;
        const int Many = 2000;
        for (int pair = 0; pair < Many; pair++)
        {
            var random = new Random(pair);
            double[] old = Fast(random, 1, drift: 0.04, loaded: 0);
            double[] now = Fast(random, 1.1, drift: 0.04, loaded: 0);
            RatioInterval r = RankInterval.Of(RankInterval.Ratios(old, now), old.Length, now.Length)!.Value;
            misses += r.Low > 1.1 || r.High < 1.1 ? 1 : 0;
        }

        // Exactly 3.8 % with seven on each side: the rank sum has steps.
        Assert.That(misses / (double)Many, Is.InRange(0.02, 0.05));
    }

    /// <summary>Processes differ by far more than the runs within one: an interval of the runs alone calls half of these.</summary>
    [TestCase(0.01, 0)]
    [TestCase(0.02, 0)]
    [TestCase(0.05, 0)]
    [TestCase(0.02, 0.2)]
    [TestCase(0.05, 0.3)]
    public void Of_fifty_pairs_of_the_same_at_most_two_are_called(double drift, double loaded) =>
        Assert.That(Called(1, drift, loaded), Is.AtMost(2));

    [TestCase(0.005, 0)]
    [TestCase(0.01, 0)]
    [TestCase(0.02, 0)]
    public void Of_fifty_pairs_with_a_tenth_more_at_least_45_are_called(double drift, double loaded) =>
        Assert.That(Called(1.1, drift, loaded), Is.AtLeast(45));

    [Test]
    public void A_process_under_other_load_moves_nothing()
    {
        double[] quiet = [1.00, 1.01, 0.99, 1.00, 1.02, 0.98, 1.00];
        double[] loaded = [.. quiet[..6], 1.8];
        DiffCell cell = SuiteComparer.Compare(Cell, new(quiet), new(loaded), 5);
        Assert.That((cell.Verdict, cell.Ratio), Is.EqualTo((SuiteComparer.Same, 1.0)));
    }

    [Test]
    public void Verdicts_follow_the_interval_and_the_limit()
    {
        double[] base7 = [1.000, 1.001, 1.002, 1.003, 1.004, 1.005, 1.006];
        Assert.That(Verdict(1.3, 5), Is.EqualTo((SuiteComparer.Slower, true)));
        Assert.That(Verdict(1.02, 5), Is.EqualTo((SuiteComparer.Slower, false)), "slower, but not by the limit");
        Assert.That(Verdict(0.7, 5), Is.EqualTo((SuiteComparer.Faster, false)));
        Assert.That(Verdict(1.0001, 5), Is.EqualTo((SuiteComparer.Same, false)));
        Assert.That(Verdict(1.0001, 0.1), Is.EqualTo((SuiteComparer.CannotTell, false)), "the interval is wider than the limit");
        double[] wide = [0.8, 0.9, 1.0, 1.05, 1.1, 1.2, 1.3];
        DiffCell unclear = SuiteComparer.Compare(Cell, new(base7), new(wide), 5);
        Assert.That((unclear.Verdict, unclear.Regression), Is.EqualTo((SuiteComparer.CannotTell, false)));
        Assert.That(unclear.Reason, Does.Contain("no change").And.Contain("5 %"));

        (string, bool) Verdict(double factor, double percent)
        {
            DiffCell cell = SuiteComparer.Compare(Cell, new(base7), new([.. base7.Select(m => m * factor)]), percent);
            return (cell.Verdict, cell.Regression);
        }
    }

    /// <summary>On a CPU, load that came between the runs explains the difference; load that went away explains none.</summary>
    [Test]
    public void More_load_in_the_new_run_is_no_regression()
    {
        double[] old = [1.000, 1.001, 1.002, 1.003, 1.004, 1.005, 1.006];
        double[] now = [.. old.Select(m => m * 1.5)];
        DiffCell more = SuiteComparer.Compare(Cell, new(old, 0.1), new(now, 0.9), 5);
        Assert.That((more.Verdict, more.Regression), Is.EqualTo((SuiteComparer.CannotTell, false)));
        Assert.That(more.Reason, Does.Contain("0.1 cores").And.Contain("0.9"));
        Assert.That(SuiteComparer.Compare(Cell, new(old, 0.9), new(now, 0.1), 5).Regression, Is.True);
        Assert.That(SuiteComparer.Compare(Cell, new(old, 0.8), new(now, 0.9), 5).Regression, Is.True);
        Assert.That(SuiteComparer.Compare(Cell, new(old, null), new(now, 0.9), 5).Regression, Is.True, "a GPU, or a system that does not tell");
        Assert.That(SuiteComparer.Compare(Cell, new(now, 0.9), new(old, 0.1), 5).Verdict, Is.EqualTo(SuiteComparer.CannotTell), "faster by itself");
    }

    /// <summary>Load that comes and goes over minutes meets all processes of a run, and differs from the load of the next one.</summary>
    [Test]
    public void Under_load_only_a_complete_separation_counts()
    {
        double[] old = [1.00, 1.01, 1.02, 1.03, 1.04, 1.05, 1.12];
        double[] now = [1.08, 1.16, 1.17, 1.18, 1.19, 1.20, 1.21];
        Assert.That(SuiteComparer.Compare(Cell, new(old, 0.1), new(now, 0.1), 5).Regression, Is.True);
        DiffCell loaded = SuiteComparer.Compare(Cell, new(old, 1.6), new(now, 1.7), 5);
        Assert.That((loaded.Regression, loaded.Verdict, loaded.Confidence), Is.EqualTo((false, SuiteComparer.CannotTell, 0.999)));
        Assert.That((loaded.Low, loaded.High), Is.EqualTo((1.08 / 1.12, 1.21)));
    }

    /// <summary>Of fifty pairs, those called a regression at 5 %.</summary>
    private static int Called(double factor, double drift, double loaded)
    {
        int called = 0;
        for (int pair = 0; pair < Pairs; pair++)
        {
            var random = new Random(1000 + pair);
            called += SuiteComparer.Compare(Cell, new(Fast(random, 1, drift, loaded)), new(Fast(random, factor, drift, loaded)), 5).Regression ? 1 : 0;
        }

        return called;
    }

    /// <summary>
    /// The fast end of noisy samples for each process. Each process has a level of its own (a normal deviation), and some met other load,
    /// which makes them a tenth to four tenths slower.
    /// </summary>
    private static double[] Fast(Random random, double level, double drift, double loaded)
    {
        return [.. Enumerable.Range(0, Processes).Select(_ => OfProcess())];

        double OfProcess()
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double own = level * Math.Exp(drift * normal) * (random.NextDouble() < loaded ? 1.1 + (0.3 * random.NextDouble()) : 1);
            return Statistics.Percentile(Statistics.Sorted(Enumerable.Range(0, 30).Select(_ => own * (1 + (0.01 * random.NextDouble())))), SuiteComparer.FastPercent);
        }
    }
}
