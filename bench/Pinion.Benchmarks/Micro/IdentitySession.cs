namespace Pinion.Benchmarks;

/// <summary>The identity model of 16 floats, ready to run.</summary>
internal sealed class IdentitySession : IDisposable
{
    public IdentitySession(SessionOptions? options = null)
    {
        using Plan plan = EngineBuilder.Build(BenchmarkModels.Identity());
        Engine = Engine.Load(plan);
        Session = Engine.CreateSession(options);
        Session.Run();
    }

    public Engine Engine { get; }

    public Session Session { get; }

    public void Dispose()
    {
        Session.Dispose();
        Engine.Dispose();
    }
}
