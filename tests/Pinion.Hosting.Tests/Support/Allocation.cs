using System.Globalization;

namespace Pinion.Hosting.Tests;

/// <summary>Managed bytes of requests, on all threads of a process of its own: a test runner allocates as time goes by.</summary>
internal static class Allocation
{
    private const int Count = 1000;
    private const int Rounds = 20;

    /// <summary>Prints the bytes per request of the quietest round, one caller after the other and sixteen at once.</summary>
    public static async Task PrintAsync(string plan)
    {
        // On a busy machine the pool would start and end threads all the time, and each is an object or two.
        ThreadPool.SetMinThreads(Environment.ProcessorCount, 1);
        ThreadPool.SetMaxThreads(Environment.ProcessorCount, 1);
        await using InferenceModel model = await Requests.LoadAsync(new ModelOptions { Plan = plan, QueueCapacity = 1000 });
        using var cancellation = new CancellationTokenSource();
        foreach (int callers in (int[])[1, 16])
        {
            long least = long.MaxValue;
            for (int i = 0; i <= Rounds; i++)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => SendAsync(model, Count / callers, cancellation.Token)));
                long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
                least = i == 0 ? least : Math.Min(least, bytes);
            }

            Console.WriteLine((least / Count).ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task SendAsync(InferenceModel model, int count, CancellationToken cancellationToken)
    {
        TensorInput input = Requests.Rows(1);
        var options = new RequestOptions { Deadline = TimeSpan.FromMinutes(10) };
        for (int i = 0; i < count; i++)
        {
            using InferenceResult result = await model.InferAsync(input, options, cancellationToken).ConfigureAwait(false);
            _ = result.GetOutput<float>("y")[0];
        }
    }
}
