using System.Diagnostics;
using System.Globalization;

namespace Pinion.Benchmarking;

/// <summary>Measures one engine at one batch in every mode.</summary>
internal static class CellMeasurer
{
    public static MeasureAnswer Run(MeasureRequest request, CancellationToken token)
    {
        var warnings = new List<string>();
        long free = PinionRuntime.GetFreeBytes();
        using var engine = Engine.Load(request.Plan, new EngineLoadOptions());
        EngineShapes shapes = Resolve(engine, request.Model, request.Shapes, request.Batch);
        var modes = new List<SuiteMode>();
        SuiteWaterfall? waterfall = null;
        SuiteAccuracy? accuracy = null;
        long deviceBytes = 0;
        long outputBytes = 0;
        using IClockSource? clockSource = OpenClocks(warnings);
        foreach (ModeRequest mode in request.Modes)
        {
            using var bench = new EngineBench(engine, new EngineBenchOptions
            {
                Session = new SessionOptions { UseGraph = mode.Graph },
                Sessions = mode.Sessions,
                Measure = new MeasureOptions
                {
                    WarmUpMs = request.WarmUpMs,
                    DurationSeconds = request.DurationSeconds,
                    Iterations = request.Iterations,
                    WarmUpRuns = request.WarmUpRuns,
                    Seed = request.Seed,
                },
            });
            using ClockWatch? watch = clockSource is null ? null : ClockWatch.Start(clockSource, TimeSpan.FromMilliseconds(request.WarmUpMs));
            var load = new OtherLoad();
            LatencyResult run = bench.Measure(shapes, token);
            double? others = load.Cores();
            SuiteClocks? clocks = watch?.Stop();
            SampleFile.Write(mode.SamplesFile, run.Samples);
            modes.Add(Describe(mode, run, request.Batch, others, clocks));
            if (modes.Count > 1)
            {
                continue;
            }

            deviceBytes = Math.Max(free - PinionRuntime.GetFreeBytes(), 0);
            outputBytes = engine.Outputs.Sum(o => (long)bench.Session.Output<byte>(o.Name).Length);
            waterfall = Waterfall.Of(run.Samples, run.GcCollections, run.GcPauseMs);
            accuracy = Accuracy(engine, bench.Session, request, warnings);
        }

        using var process = Process.GetCurrentProcess();
        return new MeasureAnswer(
            modes, new SuiteMemory(deviceBytes, process.PeakWorkingSet64), waterfall, accuracy, InputBytes(engine, shapes), outputBytes,
            [.. shapes.Inputs.Select(i => new ModelInputShape(i.Name, i.Shape))], warnings);
    }

    /// <summary>The shapes of the batch, under the engine's profile.</summary>
    public static EngineShapes Resolve(Engine engine, string model, IReadOnlyList<string> shapes, int batch) =>
        new CellShapes(shapes).For(model, engine.Inputs, [batch]).ForEngine(engine.Inputs, engine.Profiles)[0];

    /// <summary>The GPU's where one computes, else the CPU's.</summary>
    private static IClockSource? OpenClocks(List<string> warnings)
    {
        if (!PinionRuntime.Info.ComputesOnGpu)
        {
            return new CpuClocks();
        }

        GpuClocks? gpu = PinionRuntime.GetDevices() is [var device, ..] ? GpuClocks.Open(device.PciBusId) : null;
        if (gpu is null)
        {
            warnings.Add("the GPU's clocks were not watched: NVML, which comes with the driver, does not load here.");
        }

        return gpu;
    }

    private static SuiteMode Describe(ModeRequest mode, LatencyResult run, int batch, double? otherCores, SuiteClocks? clocks)
    {
        return new SuiteMode(
            mode.Name, run.UsesGraph, mode.Sessions, run.Samples.Count, run.WarmUpRuns, run.WallSeconds, run.ThroughputQps * batch, run.Latency, run.H2d,
            run.Compute, run.D2h, run.Enqueue, run.Wall, mode.SamplesName, ModeWarnings.Of(mode, run, otherCores, clocks), clocks, run.FirstRunMs,
            [new SuiteProcess(mode.SamplesName, otherCores)]);
    }

    private static SuiteAccuracy? Accuracy(Engine engine, Session session, MeasureRequest request, List<string> warnings)
    {
        if (request.ReferenceFolder is null)
        {
            return null;
        }

        try
        {
            return OutputComparison.Compare(engine, session, request.ReferenceFolder, request.ReferenceText);
        }
        catch (Exception e) when (e is BenchmarkException or Onnx.NpyException or IOException)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"accuracy is not known: {e.Message}"));
            return null;
        }
    }

    private static long InputBytes(Engine engine, EngineShapes shapes) => engine.Inputs.Zip(shapes.Inputs)
        .Sum(i => i.First.DataType.GetSizeBytes(i.Second.Shape.ElementCount));
}
