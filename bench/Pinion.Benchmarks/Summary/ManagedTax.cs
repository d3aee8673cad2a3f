using System.Diagnostics;

namespace Pinion.Benchmarks;

/// <summary>What a run costs more from C# than from C++, and what it allocates, for one way to wait.</summary>
/// <param name="Sync">Run from C# over pn_session_run from C++.</param>
/// <param name="Async">Awaited RunAsync over pn_session_enqueue_async with a callback that wakes the calling thread.</param>
/// <param name="AllocatedBytesPerRun">Of Run, on all threads of the process.</param>
/// <param name="AllocatedBytesPerRunAsync">Of RunAsync, likewise.</param>
internal sealed record ManagedTaxResult(
    Comparison Sync,
    Comparison Async,
    double AllocatedBytesPerRun,
    double AllocatedBytesPerRunAsync);

/// <summary>Both loops run the same session of an identity model of 16 floats, in this process, in turns.</summary>
internal static class ManagedTax
{
    private const int Blocks = 150;
    private const int CallsPerBlock = 400;
    private const int WarmUp = 100;
    private const int AsyncBlocks = 1500;
    private const int AsyncCallsPerBlock = 40;
    private const int AsyncWarmUp = 10;
    private const int AllocationBlocks = 20;

    public static ManagedTaxResult Measure(Twin twin, WaitMode mode)
    {
        using Plan plan = EngineBuilder.Build(BenchmarkModels.Identity());
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession(new SessionOptions { WaitMode = mode });
        CheckIdentity(session);
        long[] buffer = new long[WarmUp + CallsPerBlock];
        Comparison.Block run = nanoseconds => Run(session, nanoseconds);
        Comparison.Block runAsync = nanoseconds =>
        {
            RunAsync(session, buffer, nanoseconds.Length).GetAwaiter().GetResult();
            buffer.AsSpan(0, nanoseconds.Length).CopyTo(nanoseconds);
        };

        // The loops and the library reach the last tier of the JIT compiler before anything is counted.
        ReachLastTier(run, buffer);
        ReachLastTier(runAsync, buffer);
        return new ManagedTaxResult(
            Comparison.Run(run, n => twin.Run(session, n), Blocks, CallsPerBlock, WarmUp),
            Comparison.Run(runAsync, n => twin.RunAsync(session, n), AsyncBlocks, AsyncCallsPerBlock, AsyncWarmUp),
            MedianOfBlocks(() => AllocatedPerRun(session)),
            MedianOfBlocks(() => AllocatedPerRunAsync(session).GetAwaiter().GetResult()));
    }

    private static void CheckIdentity(Session session)
    {
        Span<float> input = session.Input<float>("x");
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = i + 0.5f;
        }

        session.Run();
        if (!session.Output<float>("y").SequenceEqual(input))
        {
            throw new InvalidOperationException("the identity model does not give back its input");
        }
    }

    private static void ReachLastTier(Comparison.Block block, long[] buffer)
    {
        long[] scratch = new long[buffer.Length];
        for (int i = 0; i < 10; i++)
        {
            block(scratch);
            Thread.Sleep(50);
        }
    }

    private static void Run(Session session, Span<long> nanoseconds)
    {
        for (int i = 0; i < nanoseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            session.Run();
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }

    private static async Task RunAsync(Session session, long[] nanoseconds, int count)
    {
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await session.RunAsync().ConfigureAwait(false);
            nanoseconds[i] = Clock.ToNanoseconds(Stopwatch.GetTimestamp() - start);
        }
    }

    /// <summary>A run that allocates shows in every block; what the process allocates beside the runs does not.</summary>
    private static double MedianOfBlocks(Func<double> block) =>
        Statistics.Median(Statistics.Sorted(Enumerable.Range(0, AllocationBlocks).Select(_ => block())));

    private static double AllocatedPerRun(Session session)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < CallsPerBlock; i++)
        {
            session.Run();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)CallsPerBlock;
    }

    private static async Task<double> AllocatedPerRunAsync(Session session)
    {
        // The first await that has to wait moves this method's state to the heap, once: not a cost of a run. With a
        // spinning wait, no run may have to wait for a long time.
        await Task.Yield();
        for (int i = 0; i < WarmUp; i++)
        {
            await session.RunAsync().ConfigureAwait(false);
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < CallsPerBlock; i++)
        {
            await session.RunAsync().ConfigureAwait(false);
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)CallsPerBlock;
    }
}
