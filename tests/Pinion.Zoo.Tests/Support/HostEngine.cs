using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>An exported network as users run it: built with a profile of batches from 1 on, and run in one session.</summary>
internal sealed class HostEngine : IDisposable
{
    private const string NativeFolder = "PINION_NATIVE_DIR";
    private const string Input = "x";

    private readonly Engine _engine;
    private readonly Session _session;

    public HostEngine(string path, int largestBatch)
    {
        var profile = OptimizationProfile.Parse($"{Input}:min=1x3x224x224,opt={largestBatch}x3x224x224,max={largestBatch}x3x224x224");
        using Plan plan = EngineBuilder.Build(path, new EngineBuildOptions { Profiles = [profile] });
        _engine = Engine.Load(plan);
        _session = _engine.CreateSession();
    }

    /// <summary>Products in another order differ by this much of the largest value. A GPU has more orders than a CPU.</summary>
    public static double Tolerance => PinionRuntime.Info.ComputesOnGpu ? 1e-3 : 1e-5;

    /// <summary>Skips the calling test where nobody has built the native library.</summary>
    public static void Require()
    {
        if (!PinionRuntime.IsSupported && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(NativeFolder)))
        {
            Assert.Ignore($"no native library: {PinionRuntime.UnsupportedReason}");
        }
    }

    /// <summary>Runs images [batch, 3, 224, 224]; the result is [batch, 1000].</summary>
    public float[] Run(ReadOnlySpan<float> images, int batch)
    {
        _session.SetShape(Input, new TensorShape(batch, 3, 224, 224));
        images.CopyTo(_session.Input<float>(Input));
        _session.Run();
        return _session.Output<float>(_session.Outputs[0].Name).ToArray();
    }

    public void Dispose()
    {
        _session.Dispose();
        _engine.Dispose();
    }
}
