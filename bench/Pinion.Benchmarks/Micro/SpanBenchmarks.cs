using BenchmarkDotNet.Attributes;

namespace Pinion.Benchmarks;

/// <summary>The ways to a tensor's memory.</summary>
public class SpanBenchmarks
{
    private IdentitySession _identity = null!;
    private SessionInput<float> _input = null!;
    private SessionOutput<float> _output = null!;

    [GlobalSetup]
    public void Setup()
    {
        _identity = new IdentitySession();
        _input = _identity.Session.GetInput<float>("x");
        _output = _identity.Session.GetOutput<float>("y");
    }

    [GlobalCleanup]
    public void Cleanup() => _identity.Dispose();

    [Benchmark]
    public int InputFoundOnce() => _input.Span.Length;

    [Benchmark]
    public int OutputFoundOnce() => _output.Span.Length;

    [Benchmark]
    public int InputByName() => _identity.Session.Input<float>("x").Length;

    [Benchmark]
    public int OutputByName() => _identity.Session.Output<float>("y").Length;

    [Benchmark]
    public float ReadTimings() => _identity.Session.Timings.GpuComputeMs;
}
