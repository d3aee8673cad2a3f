namespace Pinion.Benchmarking;

/// <summary>Splits the wall time of the median request.</summary>
internal static class Waterfall
{
    /// <summary>Requests around the median that are averaged: sums of averages still add up, sums of medians would not.</summary>
    private const double MiddlePart = 0.1;

    /// <summary>Null where the native and the managed clock are not the same one.</summary>
    public static SuiteWaterfall? Of(IReadOnlyList<LatencySample> samples, int gcCollections, double gcPauseMs)
    {
        int[] order = [.. Enumerable.Range(0, samples.Count)];
        Array.Sort(order, (a, b) => samples[a].WallMs.CompareTo(samples[b].WallMs));
        int half = (int)(samples.Count * MiddlePart / 2);
        int first = Math.Max(((samples.Count - 1) / 2) - half, 0);
        int last = Math.Min((samples.Count / 2) + half, samples.Count - 1);
        if (samples.Count == 0 || order[first..(last + 1)].Any(i => samples[i].CallMs <= 0 || samples[i].CallMs > samples[i].WallMs))
        {
            return null;
        }

        double call = 0, enqueue = 0, h2d = 0, compute = 0, d2h = 0, wakeUp = 0;
        for (int i = first; i <= last; i++)
        {
            LatencySample s = samples[order[i]];
            double device = Math.Min(s.LatencyMs, s.NativeMs);
            double scale = s.LatencyMs > 0 ? device / s.LatencyMs : 0;
            // The device works while the host still enqueues; only the part of the enqueue before that shows in the wall time.
            double exposed = Math.Min(s.EnqueueMs, s.NativeMs - device);
            call += s.CallMs;
            enqueue += exposed;
            h2d += s.H2dMs * scale;
            compute += s.ComputeMs * scale;
            d2h += s.D2hMs * scale;
            wakeUp += s.WallMs - s.CallMs - exposed - device;
        }

        int count = last - first + 1;
        double wall = (call + enqueue + h2d + compute + d2h + wakeUp) / count;
        return new SuiteWaterfall(
            call / count, enqueue / count, h2d / count, compute / count, d2h / count, wakeUp / count, wall, gcCollections, gcPauseMs);
    }
}
