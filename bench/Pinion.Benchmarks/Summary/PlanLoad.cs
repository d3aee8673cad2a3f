using System.Diagnostics;

namespace Pinion.Benchmarks;

/// <summary>Memory of a process that loads a large plan.</summary>
/// <param name="Ratio">Growth of the peak during Engine.Load and CreateSession, over the size of the plan.</param>
/// <param name="RatioWithFirstRun">The same, with the first run too.</param>
/// <param name="PlanBytes">Size of the plan file.</param>
/// <param name="BaselineBytes">Resident just before the load, with the native library and ONNX Runtime loaded.</param>
/// <param name="PeakAfterLoadBytes">Peak once Engine.Load is done.</param>
/// <param name="PeakAfterSessionBytes">Peak once CreateSession is done too.</param>
/// <param name="PeakAfterRunBytes">Peak once the first run is done too.</param>
/// <param name="ResidentAfterRunBytes">What stays resident.</param>
/// <param name="LoadMs">Engine.Load and CreateSession.</param>
internal sealed record PlanLoadResult(
    double Ratio,
    double RatioWithFirstRun,
    long PlanBytes,
    long BaselineBytes,
    long PeakAfterLoadBytes,
    long PeakAfterSessionBytes,
    long PeakAfterRunBytes,
    long ResidentAfterRunBytes,
    double LoadMs);

/// <summary>A plan of 300 MB: convolutions with random weights, built by Pinion, loaded by a child process.</summary>
internal static class PlanLoad
{
    private const long WeightBytes = 300_000_000;

    public static PlanLoadResult Measure(string folder)
    {
        string model = Path.Combine(folder, "convolutions.onnx");
        string plan = Path.Combine(folder, "convolutions.plan");
        try
        {
            BenchmarkModels.SaveConvolutions(model, WeightBytes);
            using (Plan built = EngineBuilder.Build(model))
            {
                built.Save(plan);
            }

            File.Delete(model);
            return ChildProcess.Run<PlanLoadResult>(["child-load-plan", plan]);
        }
        finally
        {
            File.Delete(model);
            File.Delete(plan);
        }
    }

    /// <summary>In the child process.</summary>
    public static PlanLoadResult MeasureHere(string plan)
    {
        long bytes = new FileInfo(plan).Length;
        _ = PinionRuntime.Info;
        long baseline = ProcessMemory.ResetPeak();
        long start = Stopwatch.GetTimestamp();
        using var engine = Engine.Load(plan);
        long afterLoad = ProcessMemory.Peak();
        using Session session = engine.CreateSession();
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        long afterSession = ProcessMemory.Peak();
        session.Input<float>("x").Fill(0.5f);
        session.Run();
        if (!float.IsFinite(session.Output<float>("y")[0]))
        {
            throw new InvalidOperationException("the plan does not compute");
        }

        long afterRun = ProcessMemory.Peak();
        return new PlanLoadResult(
            (afterSession - baseline) / (double)bytes,
            (afterRun - baseline) / (double)bytes,
            bytes,
            baseline,
            afterLoad,
            afterSession,
            afterRun,
            ProcessMemory.Resident(),
            milliseconds);
    }
}
