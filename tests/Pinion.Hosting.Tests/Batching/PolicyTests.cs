using FsCheck;
using FsCheck.Fluent;

namespace Pinion.Hosting.Tests;

/// <summary>The pure parts, over generated cases.</summary>
public sealed class PolicyTests
{
    private static readonly Gen<int[]> Sizes =
        Gen.Choose(1, 64).NonEmptyListOf().Select(s => s.Distinct().Order().ToArray());

    [Test]
    public void The_batch_is_the_largest_that_is_ready_from_the_front() => Holds(
        from sizes in Sizes
        from rows in Gen.Choose(1, sizes[^1]).NonEmptyListOf()
        select (Sizes: sizes, Rows: rows.ToArray()),
        c =>
        {
            int taken = BatchPlan.Choose(c.Rows, new BatchSizes(c.Sizes));
            int sum = c.Rows.Take(taken).Sum();
            int[] ready = [.. Enumerable.Range(1, c.Rows.Length).Select(n => c.Rows.Take(n).Sum()).Where(c.Sizes.Contains)];
            return taken >= 1 && (ready.Length == 0 ? taken == 1 : sum == ready.Max());
        });

    [Test]
    public void By_default_sizes_are_ascending_and_reach_the_ends() => Holds(
        from min in Gen.Choose(1, 40)
        from more in Gen.Choose(0, 500)
        select (Min: min, Max: min + more),
        c =>
        {
            int[] sizes = BatchSizes.Default(c.Min, c.Max);
            return sizes[0] == c.Min && sizes[^1] == c.Max && sizes.SequenceEqual(sizes.Distinct().Order());
        });

    [Test]
    public void An_estimate_is_never_earlier_than_the_work_allows_nor_later_than_one_instance_would_be() => Holds(
        from free in Gen.Choose(0, 1000).NonEmptyListOf()
        from ahead in Gen.Choose(0, 500)
        from max in Gen.Choose(1, 32)
        from rows in Gen.Choose(1, max)
        from full in Gen.Choose(1, 100)
        from own in Gen.Choose(1, full)
        select (Free: free.Select(f => (long)f).ToArray(), Ahead: ahead, Max: max, Rows: rows, Full: full, Own: own),
        c =>
        {
            long at = DeadlineEstimate.AnsweredAt([.. c.Free], c.Ahead, c.Rows, c.Max, c.Full, c.Own);
            long more = DeadlineEstimate.AnsweredAt([.. c.Free], c.Ahead + c.Max, c.Rows, c.Max, c.Full, c.Own);
            long worst = c.Free.Max() + (((c.Ahead / c.Max) + 1L) * c.Full) + c.Own;
            return at >= c.Free.Min() + c.Own && at <= worst && more >= at;
        });

    [Test]
    public void A_delay_is_what_the_target_leaves() => Holds(
        from delay in Gen.Choose(0, 1000)
        from target in Gen.Choose(-1, 1000)
        from latency in Gen.Choose(0, 2000)
        select (Delay: delay, Target: target, Latency: latency),
        c =>
        {
            long wait = new DelayPolicy(c.Delay, c.Target).DelayFor(c.Latency);
            return wait >= 0 && (c.Target < 0 ? wait == c.Delay : wait == Math.Max(0, c.Target - c.Latency));
        });

    [Test]
    public void A_latency_that_was_not_measured_lies_between_its_neighbours()
    {
        var table = new LatencyTable([0, 10, 0, 0, 40, 0]);

        Assert.That(Enumerable.Range(1, 8).Select(table.Current), Is.EqualTo(new[] { 10, 20, 30, 40, 50, 60, 70, 80 }));
        Assert.That(new LatencyTable([0, 0, 0]).Current(1), Is.Zero);
    }

    [Test]
    public void One_slow_run_moves_an_estimate_by_little()
    {
        var table = new LatencyTable([0, 800]);
        table.Observe(1, 1_000_000);
        Assert.That((table.Current(1), table.Best(1)), Is.EqualTo((900, 800)));
        for (int i = 0; i < 100; i++)
        {
            table.Observe(1, 400);
        }

        Assert.That((table.Current(1), table.Best(1)), Is.EqualTo((400, 400)));
    }

    [Test]
    public void Padding_puts_a_tensor_at_the_beginning_and_zeros_around() => Holds(
        from rank in Gen.Choose(1, 4)
        from dims in Gen.Choose(0, 4).ListOf(rank)
        from more in Gen.Choose(0, 2).ListOf(rank)
        select (From: dims.ToArray(), To: dims.Zip(more, (d, m) => d + m).ToArray()),
        c =>
        {
            TensorShape from = c.From;
            TensorShape to = c.To;
            byte[] source = [.. Enumerable.Range(1, (int)from.ElementCount).Select(i => (byte)i)];
            byte[] padded = new byte[to.ElementCount];
            Array.Fill(padded, (byte)255);
            PaddedCopy.Copy(source, from, padded, to);
            int next = 0;
            for (int i = 0; i < padded.Length; i++)
            {
                byte expected = 0;
                if (IsInside(i, c.From, c.To))
                {
                    expected = source[next++];
                }

                if (padded[i] != expected)
                {
                    return false;
                }
            }

            return next == source.Length;
        });

    private static bool IsInside(int index, int[] from, int[] to)
    {
        for (int axis = to.Length - 1; axis >= 0; axis--)
        {
            if (index % to[axis] >= from[axis])
            {
                return false;
            }

            index /= to[axis];
        }

        return true;
    }

    private static void Holds<T>(Gen<T> cases, Func<T, bool> property) => Prop.ForAll(cases.ToArbitrary(), property).QuickCheckThrowOnFailure();
}
