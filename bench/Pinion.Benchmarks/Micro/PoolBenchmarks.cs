using BenchmarkDotNet.Attributes;

namespace Pinion.Benchmarks;

/// <summary>Many callers share the sessions of a pool. Times are per run; memory includes the callers' own tasks.</summary>
public class PoolBenchmarks
{
    private const int RunsPerCaller = 256;
    private IdentitySession _identity = null!;
    private SessionPool _pool = null!;

    [Params(1, 4, 16)]
    public int Callers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _identity = new IdentitySession();
        _pool = _identity.Engine.CreatePool(2);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _pool.Dispose();
        _identity.Dispose();
    }

    [Benchmark(OperationsPerInvoke = RunsPerCaller)]
    public Task RentRunReturn() => Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)));

    private async Task CallAsync()
    {
        for (int i = 0; i < RunsPerCaller / Callers; i++)
        {
            using SessionLease lease = await _pool.RentAsync();
            await lease.Session.RunAsync();
        }
    }
}
