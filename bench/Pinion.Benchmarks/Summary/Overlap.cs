using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarks;

/// <summary>Two sessions against one, for one balance of copies and compute.</summary>
/// <param name="Efficiency">Throughput of two sessions over the bound: one run per time of the slowest stage.</param>
/// <param name="BoundQps">1 / the slowest stage.</param>
/// <param name="OneSessionQps">Median over blocks of runs.</param>
/// <param name="TwoSessionsQps">The same, with both in flight.</param>
/// <param name="HostToDeviceMs">Median of the stage with one session.</param>
/// <param name="ComputeMs">Median of the stage with one session.</param>
/// <param name="DeviceToHostMs">Median of the stage with one session.</param>
/// <param name="CopyBandwidth">Of the simulated device, each direction; empty where the copies are real.</param>
internal sealed record OverlapResult(
    double Efficiency,
    double BoundQps,
    double OneSessionQps,
    double TwoSessionsQps,
    double HostToDeviceMs,
    double ComputeMs,
    double DeviceToHostMs,
    string CopyBandwidth);

/// <summary>Both balances.</summary>
internal sealed record OverlapResults(OverlapResult ComputeSlowest, OverlapResult CopySlowest);

/// <summary>
/// The host SDK copies at memory speed unless told to take its time: the bandwidth is chosen so that copies compare with the
/// compute time of this machine. It is read once per process, hence the child processes.
/// </summary>
internal static class Overlap
{
    private const string Faults = "PINION_HOST_CUDA_FAULTS";
    private const int Channels = 16;
    private const int Size = 160;
    private const int Layers = 6;
    private const int Stride = 2;
    private const double InputBytes = sizeof(float) * (double)Channels * Size * Size;

    public static OverlapResults Measure()
    {
        if (PinionRuntime.Info.Sdk != Sdk.Host)
        {
            // A real device: its own bandwidth, one balance.
            OverlapResult real = ChildProcess.Run<OverlapResult>(["child-overlap", ""]);
            return new OverlapResults(real, real);
        }

        // Two sessions can reach the bound only if the slowest stage takes half of the whole or more. The output is a quarter
        // of the input: with a copy in of 0.7 or of 1.4 times the compute, the stages are 0.7 : 1 : 0.18 or 1.4 : 1 : 0.35.
        double computeMs = ChildProcess.Run<OverlapResult>(["child-overlap", ""]).ComputeMs;
        return new OverlapResults(Run(computeMs * 0.7), Run(computeMs * 1.4));

        static OverlapResult Run(double copyInMs)
        {
            string bandwidth = (InputBytes / 1e6 / copyInMs * 1000).ToString("F1", CultureInfo.InvariantCulture) + "MBps";
            return ChildProcess.Run<OverlapResult>(["child-overlap", bandwidth], new Dictionary<string, string> { [Faults] = $"copy_bandwidth={bandwidth}" });
        }
    }

    /// <summary>In the child process.</summary>
    public static OverlapResult MeasureHere(string bandwidth)
    {
        using Plan plan = EngineBuilder.Build(BenchmarkModels.Image(Channels, Size, Layers, Stride));
        using var engine = Engine.Load(plan);
        using Session one = engine.CreateSession();
        using Session two = engine.CreateSession();
        one.Input<float>("x").Clear();
        two.Input<float>("x").Clear();
        var h2d = new List<double>();
        var compute = new List<double>();
        var d2h = new List<double>();
        OneSession(one, Count(100), [], [], []);
        int runs = Math.Max(8, Count(250));
        var oneSession = new List<double>();
        var twoSessions = new List<double>();
        for (int block = 0; block < 12; block++)
        {
            oneSession.Add(OneSession(one, runs, h2d, compute, d2h));
            twoSessions.Add(TwoSessions(one, two, runs));
        }

        double[] stages = [Statistics.Median(Statistics.Sorted(h2d)), Statistics.Median(Statistics.Sorted(compute)), Statistics.Median(Statistics.Sorted(d2h))];
        double bound = 1000 / stages.Max();
        double throughput = Statistics.Median(Statistics.Sorted(twoSessions));
        return new OverlapResult(throughput / bound, bound, Statistics.Median(Statistics.Sorted(oneSession)), throughput, stages[0], stages[1], stages[2], bandwidth);

        int Count(double milliseconds)
        {
            one.Run();
            long start = Stopwatch.GetTimestamp();
            one.Run();
            return Math.Max(1, (int)(milliseconds / Stopwatch.GetElapsedTime(start).TotalMilliseconds));
        }
    }

    private static double OneSession(Session session, int runs, List<double> h2d, List<double> compute, List<double> d2h)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++)
        {
            session.Run();
            Timings timings = session.Timings;
            h2d.Add(timings.HostToDeviceMs);
            compute.Add(timings.GpuComputeMs);
            d2h.Add(timings.DeviceToHostMs);
        }

        return runs / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>One session is always in flight while the other is waited for. Filling and draining the pipeline is not counted.</summary>
    private static double TwoSessions(Session one, Session two, int runs)
    {
        one.Enqueue();
        two.Enqueue();
        one.Wait();
        one.Enqueue();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++)
        {
            Session oldest = i % 2 == 0 ? two : one;
            oldest.Wait();
            oldest.Enqueue();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        one.Wait();
        two.Wait();
        return runs / seconds;
    }
}
