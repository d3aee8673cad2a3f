namespace Pinion.Cli;

/// <summary>Whether the copies of one session run while another computes or copies: throughput of several sessions over that of one.</summary>
internal static class OverlapPart
{
    private static readonly int[] Sessions = [1, 2, 4];

    public static GpuCheckAnswer Run(GpuCheckSettings settings, CancellationToken token)
    {
        // Before TensorRT 8.6 every session needs a copy of the profile.
        using Plan plan = EngineBuilder.Build(CheckModels.LargeInput(), new EngineBuildOptions { ProfileCopies = Sessions.Max() }, cancellationToken: token);
        using var engine = Engine.Load(plan);
        EngineShapes shapes = CheckModels.Shapes(engine);
        var results = new List<CopyOverlap>();
        LatencyResult? one = null;
        foreach (int sessions in settings.Quick ? Sessions[..2] : Sessions)
        {
            using var bench = new EngineBench(engine, new EngineBenchOptions
            {
                Sessions = sessions,
                Measure = new MeasureOptions { WarmUpMs = settings.FigureMs(200), DurationSeconds = settings.FigureMs(2000) / 1000, Seed = null },
            });
            LatencyResult result = bench.Measure(shapes, token);
            one ??= result;
            // The bound is one run per time of the slowest stage, as it is with one session.
            double slowestMs = new[] { one.H2d.Median, one.Compute.Median, one.D2h.Median }.Max();
            results.Add(new CopyOverlap(
                sessions, result.ThroughputQps, Ratio(result.ThroughputQps, one.ThroughputQps), result.ThroughputQps * slowestMs / 1000,
                result.H2d.Median, result.Compute.Median, result.D2h.Median));
        }

        return new GpuCheckAnswer { Overlap = results };
    }

    private static double Ratio(double value, double over) => over > 0 ? value / over : 0;
}
