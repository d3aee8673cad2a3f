using BenchmarkDotNet.Attributes;

namespace Pinion.Benchmarks;

/// <summary>From bytes to something that runs.</summary>
public class PlanBenchmarks
{
    private byte[] _model = null!;
    private Plan _plan = null!;
    private Engine _engine = null!;
    private string _path = null!;

    [GlobalSetup]
    public void Setup()
    {
        _model = BenchmarkModels.Image(channels: 32, size: 32, layers: 8, stride: 2);
        _plan = EngineBuilder.Build(_model);
        _engine = Engine.Load(_plan);
        _path = Path.GetTempFileName();
        _plan.Save(_path);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _engine.Dispose();
        _plan.Dispose();
        File.Delete(_path);
    }

    [Benchmark]
    public void BuildPlan() => EngineBuilder.Build(_model).Dispose();

    [Benchmark]
    public void LoadFromFile() => Engine.Load(_path).Dispose();

    [Benchmark]
    public void LoadFromMemory() => Engine.Load(_plan).Dispose();

    [Benchmark]
    public void CreateSession() => _engine.CreateSession().Dispose();
}
