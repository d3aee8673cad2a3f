using System.Diagnostics;
using Pinion.Hosting;

namespace Pinion.Benchmarks;

/// <summary>One caller.</summary>
/// <param name="AddedUs">Median of a request less the median of a blocking run of the session, in microseconds.</param>
/// <param name="BytesPerRequest">Managed memory that a request allocates, on all threads of the process; the larger of one caller and sixteen.</param>
/// <param name="Comparison">Awaited InferAsync over a copy in, Run and a copy out.</param>
/// <param name="BytesOneCaller">One caller.</param>
/// <param name="BytesSixteenCallers">Sixteen at once.</param>
internal sealed record BatcherIdleResult(double AddedUs, double BytesPerRequest, Comparison Comparison, double BytesOneCaller, double BytesSixteenCallers);

/// <summary>What a request costs beyond its run where nothing has to wait.</summary>
internal static class BatcherIdle
{
    private const int Blocks = 100;
    private const int CallsPerBlock = 100;
    private const int WarmUp = 20;
    private const int AllocationRequests = 4000;
    private const int AllocationBlocks = 20;

    /// <summary>In the child process.</summary>
    public static async Task<BatcherIdleResult> MeasureHere(string plan)
    {
        await using InferenceModel model = await InferenceModel.LoadAsync("rows", new ModelOptions { Plan = plan, QueueCapacity = 1000 }).ConfigureAwait(false);
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        float[] data = new float[BenchmarkModels.IdentityLength];
        long[] buffer = new long[WarmUp + CallsPerBlock];
        Comparison.Block request = nanoseconds =>
        {
            SendAsync(model, data, buffer, nanoseconds.Length).GetAwaiter().GetResult();
            buffer.AsSpan(0, nanoseconds.Length).CopyTo(nanoseconds);
        };
        Comparison.Block run = nanoseconds => Run(session, data, nanoseconds);

        // The loops and the library reach the last tier of the JIT compiler before anything is counted.
        long[] scratch = new long[buffer.Length];
        for (int i = 0; i < 20; i++)
        {
            request(scratch);
            run(scratch);
            Thread.Sleep(30);
        }

        var comparison = Comparison.Run(request, run, Blocks, CallsPerBlock, WarmUp);
        double one = Allocated(model, data, 1);
        double sixteen = Allocated(model, data, 16);
        return new BatcherIdleResult(
            comparison.SubjectMedianUs - comparison.ReferenceMedianUs, Math.Max(one, sixteen), comparison, one, sixteen);
    }

    private static async Task SendAsync(InferenceModel model, float[] data, long[] nanoseconds, int count)
    {
        var input = TensorInput.Create("x", [1, BenchmarkModels.IdentityLength], data);
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using InferenceResult result = await model.InferAsync(input).ConfigureAwait(false);
            _ = result.GetOutput<float>("y")[0];
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }

    private static void Run(Session session, float[] data, Span<long> nanoseconds)
    {
        float[] output = new float[BenchmarkModels.IdentityLength];
        session.SetBatch(1);
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            data.CopyTo(session.Input<float>("x"));
            session.Run();
            session.Output<float>("y").CopyTo(output);
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }

    /// <summary>What a request allocates is in every block; what the process allocates beside it is not.</summary>
    private static double Allocated(InferenceModel model, float[] data, int callers)
    {
        int count = AllocationRequests / callers;
        long[][] buffers = Enumerable.Range(0, callers).Select(_ => new long[count]).ToArray();
        return Statistics.Median(Statistics.Sorted(Enumerable.Range(0, AllocationBlocks).Select(_ =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Task.WhenAll(buffers.Select(b => SendAsync(model, data, b, count))).GetAwaiter().GetResult();
            return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)AllocationRequests;
        })));
    }
}
