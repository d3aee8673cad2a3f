using System.Diagnostics;
using Pinion.Benchmarks.Measuring;
using Pinion.Benchmarks.Models;
using Pinion.Hosting;

namespace Pinion.Benchmarks.Summary;

/// <summary>Many callers.</summary>
/// <param name="Saturation">Rows a second through the batcher over those of the sessions themselves, as many in flight, with the largest batch.</param>
/// <param name="OverloadP99Ratio">The accepted requests' 99th percentile at twice saturation over that at saturation.</param>
/// <param name="DirectRowsPerSecond">Median over blocks.</param>
/// <param name="BatcherRowsPerSecond">Median over blocks.</param>
/// <param name="AtSaturation">Requests come at the rate that the batcher reaches.</param>
/// <param name="AtTwiceSaturation">Requests come twice as fast.</param>
internal sealed record BatcherLoadResult(
    double Saturation, double OverloadP99Ratio, double DirectRowsPerSecond, double BatcherRowsPerSecond, OpenLoopResult AtSaturation, OpenLoopResult AtTwiceSaturation);

/// <summary>Requests that come at a rate, whatever becomes of those before.</summary>
/// <param name="RequestsPerSecond">The rate that was reached.</param>
/// <param name="AcceptedPerSecond">Those that were answered.</param>
/// <param name="AcceptedP50Ms">From the call to the answer.</param>
/// <param name="AcceptedP99Ms">The same.</param>
/// <param name="RefusedShare">Of all requests.</param>
/// <param name="RefusalMedianUs">From the call to its return with the refusal; 0 if there was none.</param>
internal sealed record OpenLoopResult(
    double RequestsPerSecond, double AcceptedPerSecond, double AcceptedP50Ms, double AcceptedP99Ms, double RefusedShare, double RefusalMedianUs);

/// <summary>Throughput at saturation, and what happens beyond it.</summary>
internal static class BatcherLoad
{
    private const int Instances = 2;
    private const int Batch = 8;
    private const int Callers = 48;
    private const int Blocks = 8;
    private static readonly TimeSpan BlockTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OpenLoopTime = TimeSpan.FromSeconds(5);

    /// <summary>In the child process.</summary>
    public static async Task<BatcherLoadResult> MeasureHere(string plan)
    {
        // Callers that wait in a closed loop: all but those in flight wait, so the queue must hold them.
        ModelOptions options = new() { Plan = plan, InstancesPerDevice = Instances, MaxBatch = Batch, QueueCapacity = Callers };
        double direct;
        double batched;
        await using (InferenceModel model = await InferenceModel.LoadAsync("rows", options).ConfigureAwait(false))
        {
            using Engine engine = Engine.Load(plan);
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
            (direct, batched) = (Statistics.Median(ofDirect), Statistics.Median(ofBatched));
        }

        // The default queue from here on: it is what keeps the latency.
        options.QueueCapacity = null;
        await using InferenceModel bounded = await InferenceModel.LoadAsync("rows", options).ConfigureAwait(false);
        await OpenLoopAsync(bounded, batched, TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        OpenLoopResult once = await OpenLoopAsync(bounded, batched, OpenLoopTime).ConfigureAwait(false);
        OpenLoopResult twice = await OpenLoopAsync(bounded, 2 * batched, OpenLoopTime).ConfigureAwait(false);
        return new BatcherLoadResult(batched / direct, twice.AcceptedP99Ms / once.AcceptedP99Ms, direct, batched, once, twice);
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
            TensorInput input = TensorInput.Create("x", [1, BenchmarkModels.IdentityLength], new float[BenchmarkModels.IdentityLength]);
            while (Stopwatch.GetElapsedTime(start) < BlockTime)
            {
                using InferenceResult result = await model.InferAsync(input).ConfigureAwait(false);
                Interlocked.Increment(ref rows);
            }
        }))).ConfigureAwait(false);
        return rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<OpenLoopResult> OpenLoopAsync(InferenceModel model, double perSecond, TimeSpan duration)
    {
        var answers = new List<double>();
        var refusals = new List<double>();
        var pending = new List<Task>();
        TensorInput input = TensorInput.Create("x", [1, BenchmarkModels.IdentityLength], new float[BenchmarkModels.IdentityLength]);
        int sent = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.Run(() =>
        {
            // What is due by now is sent; between two looks the thread sleeps, since the cores are few.
            for (double elapsed = 0; elapsed < duration.TotalSeconds; elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds)
            {
                for (; sent < elapsed * perSecond; sent++)
                {
                    long sentAt = Stopwatch.GetTimestamp();
                    ValueTask<InferenceResult> answer = model.InferAsync(input);
                    if (answer.IsFaulted)
                    {
                        refusals.Add(Stopwatch.GetElapsedTime(sentAt).TotalMicroseconds);
                        _ = answer.AsTask().Exception;
                    }
                    else
                    {
                        pending.Add(ReceiveAsync(answer, sentAt));
                    }
                }

                Thread.Sleep(1);
            }
        }).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.WhenAll(pending).ConfigureAwait(false);
        return new OpenLoopResult(
            sent / seconds,
            answers.Count / seconds,
            Statistics.Percentile(answers, 0.5),
            Statistics.Percentile(answers, 0.99),
            refusals.Count / (double)sent,
            refusals.Count == 0 ? 0 : Statistics.Median(refusals));

        async Task ReceiveAsync(ValueTask<InferenceResult> answer, long sentAt)
        {
            using InferenceResult result = await answer.ConfigureAwait(false);
            lock (answers)
            {
                answers.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
            }
        }
    }
}
