using System.Globalization;

namespace Pinion.Tests;

/// <summary>
/// Managed bytes of asynchronous inferences. Continuations change threads, so the whole process is measured; it is one of
/// its own, since a test runner allocates as time goes by.
/// </summary>
internal static class AsyncAllocation
{
    private const int Runs = 1000;
    private const int Rounds = 20;

    /// <summary>Prints the bytes per inference of the quietest round: what is allocated by inferences is in every one.</summary>
    public static void Print(string way)
    {
        // On a busy machine the pool would start and end threads all the time, and each is an object or two.
        ThreadPool.SetMinThreads(Environment.ProcessorCount, 1);
        ThreadPool.SetMaxThreads(Environment.ProcessorCount, 1);
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession(new SessionOptions { WarmBatches = [1] });
        using SessionPool pool = engine.CreatePool(1, new SessionOptions { WarmBatches = [1] });
        using var cancellation = new CancellationTokenSource();
        Func<Task> round = way switch
        {
            "runAsync" => () => RunAsync(session),
            "poolRent" => () => RentAsync(pool, Runs, CancellationToken.None),
            "poolRentContended" => () => Task.WhenAll(
                RentAsync(pool, Runs / 2, cancellation.Token), RentAsync(pool, Runs / 2, cancellation.Token)),
            _ => throw new ArgumentOutOfRangeException(nameof(way), way, "is measured nowhere"),
        };

        // The first one warms up. A round itself allocates its few tasks: less than a byte for each run.
        long least = long.MaxValue;
        for (int i = 0; i <= Rounds && least >= Runs; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            round().GetAwaiter().GetResult();
            long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
            least = i == 0 ? least : Math.Min(least, bytes);
        }

        Console.WriteLine((least / Runs).ToString(CultureInfo.InvariantCulture));
    }

    private static async Task RunAsync(Session session)
    {
        for (int i = 0; i < Runs; i++)
        {
            await session.RunAsync(1).ConfigureAwait(false);
        }
    }

    private static async Task RentAsync(SessionPool pool, int runs, CancellationToken cancellation)
    {
        for (int i = 0; i < runs; i++)
        {
            using SessionLease lease = await pool.RentAsync(cancellation).ConfigureAwait(false);
            await lease.Session.RunAsync(1, cancellation).ConfigureAwait(false);
        }
    }
}
