using BenchmarkDotNet.Attributes;

namespace Pinion.Benchmarks;

/// <summary>One inference that computes nothing: what is left is overhead.</summary>
public class RunBenchmarks
{
    private IdentitySession _identity = null!;
    private SessionInput<float> _input = null!;
    private SessionOutput<float> _output = null!;

    [Params(WaitMode.Block, WaitMode.Spin)]
    public WaitMode Wait { get; set; }

    [Params(true, false)]
    public bool Timings { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _identity = new IdentitySession(new SessionOptions { WaitMode = Wait, TimingInterval = Timings ? 1 : 0 });
        _input = _identity.Session.GetInput<float>("x");
        _output = _identity.Session.GetOutput<float>("y");
    }

    [GlobalCleanup]
    public void Cleanup() => _identity.Dispose();

    [Benchmark(Baseline = true)]
    public void Run() => _identity.Session.Run();

    [Benchmark]
    public float FillRunRead()
    {
        _input.Span.Fill(1.5f);
        _identity.Session.Run();
        return _output.Span[15];
    }

    [Benchmark]
    public ValueTask RunAsync() => _identity.Session.RunAsync();
}
