using System.Diagnostics;
using Pinion.Hosting;

namespace Pinion.Benchmarks;

/// <summary>Many callers.</summary>
/// <param name="Saturation">Rows a second through the batcher over those of the sessions themselves, as many in flight, with the largest batch.</param>
/// <param name="OverloadP99Ratio">The accepted requests' 99th percentile at twice saturation over that at saturation.</param>
/// <param name="DirectRowsPerSecond">Median over blocks.</param>
/// <param name="BatcherRowsPerSecond">Median over blocks.</param>
/// <param name="AtSaturation">Requests come at the rate that the batcher reaches.</param>
/// <param name="AtTwiceSaturation">Requests come twice as fast.</param>
internal sealed record BatcherLoadResult(
    double Saturation, double OverloadP99Ratio, double DirectRowsPerSecond, double BatcherRowsPerSecond, OpenLoopResult AtSaturation, OpenLoopResult AtTwiceSaturation);

/// <summary>Throughput at saturation, and what happens beyond it.</summary>
internal static class BatcherLoad
{
    private const int Instances = 2;
    private const int Batch = 8;
    private const int Callers = 48;
    private const int Blocks = 8;
    private static readonly TimeSpan BlockTime = TimeSpan.FromMilliseconds(500);
    private const int OpenLoopBlocks = 5;
    private static readonly TimeSpan OpenLoopTime = TimeSpan.FromMilliseconds(1500);

    /// <summary>In the child process.</summary>
    public static async Task<BatcherLoadResult> MeasureHere(string plan)
    {
        // Callers that wait in a closed loop: all but those in flight wait, so the queue must hold them.
        ModelOptions options = new() { Plan = plan, InstancesPerDevice = Instances, MaxBatch = Batch, QueueCapacity = Callers };
        double direct;
        double batched;
        await using (InferenceModel model = await InferenceModel.LoadAsync("rows", options).ConfigureAwait(false))
        {
            using var engine = Engine.Load(plan);
            Session[] sessions = [.. Enumerable.Range(0, Instances).Select(_ => engine.CreateSession(new SessionOptions { WarmBatches = [Batch] }))];
            await DirectAsync(sessions).ConfigureAwait(false);
            await BatchedAsync(model).ConfigureAwait(false);
            var ofDirect = new List<double>();
            var ofBatched = new List<double>();
            for (int i = 0; i < Blocks; i++)
            {
                ofDirect.Add(await DirectAsync(sessions).ConfigureAwait(false));
                ofBatched.Add(await BatchedAsync(model).ConfigureAwait(false));
            }

            Array.ForEach(sessions, s => s.Dispose());
            (direct, batched) = (Statistics.Median(Statistics.Sorted(ofDirect)), Statistics.Median(Statistics.Sorted(ofBatched)));
        }

        // The default queue from here on: it is what keeps the latency.
        options.QueueCapacity = null;
        await using InferenceModel bounded = await InferenceModel.LoadAsync("rows", options).ConfigureAwait(false);
        await new OpenLoop(bounded, batched).RunAsync(OpenLoopTime).ConfigureAwait(false);
        OpenLoop once = new(bounded, batched);
        OpenLoop twice = new(bounded, 2 * batched);
        for (int i = 0; i < OpenLoopBlocks; i++)
        {
            await once.RunAsync(OpenLoopTime).ConfigureAwait(false);
            await twice.RunAsync(OpenLoopTime).ConfigureAwait(false);
        }

        return new BatcherLoadResult(
            batched / direct, twice.Result.AcceptedP99Ms / once.Result.AcceptedP99Ms, direct, batched, once.Result, twice.Result);
    }

    /// <summary>Every session runs the largest batch over and over; nothing is copied.</summary>
    private static async Task<double> DirectAsync(Session[] sessions)
    {
        long runs = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(sessions.Select(session => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start) < BlockTime)
            {
                await session.RunAsync(Batch).ConfigureAwait(false);
                Interlocked.Increment(ref runs);
            }
        }))).ConfigureAwait(false);
        return runs * Batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> BatchedAsync(InferenceModel model)
    {
        long rows = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            var input = TensorInput.Create("x", [1, BenchmarkModels.IdentityLength], new float[BenchmarkModels.IdentityLength]);
            while (Stopwatch.GetElapsedTime(start) < BlockTime)
            {
                using InferenceResult result = await model.InferAsync(input).ConfigureAwait(false);
                Interlocked.Increment(ref rows);
            }
        }))).ConfigureAwait(false);
        return rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
