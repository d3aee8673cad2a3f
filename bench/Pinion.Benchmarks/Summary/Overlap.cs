using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarks;

/// <summary>Two sessions against one, for one balance of copies and compute.</summary>
/// <param name="Efficiency">Throughput of two sessions over the bound: one run per time of the slowest stage. Where times are simulated it cannot pass 1.</param>
/// <param name="BoundQps">1 / the slowest stage.</param>
/// <param name="OneSessionQps">Median over blocks of runs.</param>
/// <param name="TwoSessionsQps">The same, with both in flight.</param>
/// <param name="HostToDeviceMs">Median of the stage with one session.</param>
/// <param name="ComputeMs">Median of the stage with one session.</param>
/// <param name="DeviceToHostMs">Median of the stage with one session.</param>
internal sealed record OverlapResult(
    double Efficiency,
    double BoundQps,
    double OneSessionQps,
    double TwoSessionsQps,
    double HostToDeviceMs,
    double ComputeMs,
    double DeviceToHostMs);

/// <summary>Both balances.</summary>
internal sealed record OverlapResults(OverlapResult ComputeSlowest, OverlapResult CopySlowest);

/// <summary>
/// The host SDK simulates a bus and a device that computes one inference at a time, so that the stages are the same on every
/// machine and the slowest one is a bound. It reads its script once per process, hence the child processes.
/// </summary>
internal static class Overlap
{
    private const string CudaFaults = "PINION_HOST_CUDA_FAULTS";
    private const string TensorRtFaults = "PINION_HOST_TENSORRT_FAULTS";
    private const string Threads = "PINION_HOST_THREADS";
    private const int Channels = 16;
    private const int Size = 160;
    private const int Stride = 2;
    private const int Blocks = 6;
    private const int OneSessionRuns = 20;
    private const int TwoSessionsRuns = 80;
    private const double InputBytes = sizeof(float) * (double)Channels * Size * Size;

    public static OverlapResults Measure()
    {
        if (PinionRuntime.Info.Sdk != Sdk.Host)
        {
            // A real device: its own times, one balance.
            OverlapResult real = ChildProcess.Run<OverlapResult>(["child-overlap", "", ""]);
            return new OverlapResults(real, real);
        }

        // Two sessions can reach the bound only if the slowest stage takes half of the whole, and some for waking up.
        OverlapResult compute = Run(copyInMs: 5, computeMs: 10);
        OverlapResult copy = Run(copyInMs: 14, computeMs: 6);
        if (compute.HostToDeviceMs > compute.ComputeMs || copy.ComputeMs > copy.HostToDeviceMs)
        {
            throw new InvalidOperationException("this machine is too busy to keep the simulated times: another stage was slower than the one meant to be");
        }

        return new OverlapResults(compute, copy);

        static OverlapResult Run(double copyInMs, double computeMs) => ChildProcess.Run<OverlapResult>(
            ["child-overlap", Text(copyInMs), Text(computeMs)],
            new Dictionary<string, string>
            {
                [CudaFaults] = $"copy_bandwidth={Text(InputBytes / 1e6 / copyInMs * 1000)}MBps",
                [TensorRtFaults] = $"compute_time={Text(computeMs * 1000)}",
                [Threads] = "1",
            });

        static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>In the child process, with the times that are simulated there; empty on a real device.</summary>
    public static OverlapResult MeasureHere(string copyInMs, string computeMs)
    {
        using Plan plan = EngineBuilder.Build(BenchmarkModels.Image(Channels, Size, layers: 1, Stride));
        using var engine = Engine.Load(plan);
        using Session one = engine.CreateSession();
        using Session two = engine.CreateSession();
        one.Input<float>("x").Clear();
        two.Input<float>("x").Clear();
        one.Run();
        two.Run();
        var h2d = new List<double>();
        var compute = new List<double>();
        var d2h = new List<double>();
        var oneSession = new List<double>();
        var twoSessions = new List<double>();
        for (int block = 0; block < Blocks; block++)
        {
            oneSession.Add(OneSession(one, OneSessionRuns, h2d, compute, d2h));
            twoSessions.Add(TwoSessions(one, two, TwoSessionsRuns));
        }

        double[] stages = [Statistics.Median(Statistics.Sorted(h2d)), Statistics.Median(Statistics.Sorted(compute)), Statistics.Median(Statistics.Sorted(d2h))];
        // Simulated times are bounds by themselves; measured ones hold the delay until a sleeping thread wakes up.
        double slowest = copyInMs.Length == 0
            ? stages.Max()
            : new[] { double.Parse(copyInMs, CultureInfo.InvariantCulture), double.Parse(computeMs, CultureInfo.InvariantCulture) }.Max();
        double bound = 1000 / slowest;
        double throughput = Statistics.Median(Statistics.Sorted(twoSessions));
        return new OverlapResult(throughput / bound, bound, Statistics.Median(Statistics.Sorted(oneSession)), throughput, stages[0], stages[1], stages[2]);
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

    /// <summary>One session is in flight while the other is waited for. From before the first run to after the last, so that no stage's work lies outside.</summary>
    private static double TwoSessions(Session one, Session two, int runs)
    {
        long start = Stopwatch.GetTimestamp();
        one.Enqueue();
        two.Enqueue();
        for (int i = 2; i < runs; i++)
        {
            Session oldest = i % 2 == 0 ? one : two;
            oldest.Wait();
            oldest.Enqueue();
        }

        one.Wait();
        two.Wait();
        return runs / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
