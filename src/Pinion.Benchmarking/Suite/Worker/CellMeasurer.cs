using System.Diagnostics;
using System.Globalization;
using Pinion.Cli.Measuring;

namespace Pinion.Cli.Suite.Worker;

/// <summary>Measures one engine at one batch in every mode, with the code of <c>pinion bench</c>.</summary>
internal static class CellMeasurer
{
    public static MeasureAnswer Run(MeasureRequest request)
    {
        var warnings = new List<string>();
        long free = FreeBytes();
        using Engine engine = Engine.Load(request.Plan, new EngineLoadOptions());
        Variant variant = Resolve(engine, request.Model, request.Shapes, request.Batch);
        var modes = new List<SuiteMode>();
        SuiteWaterfall? waterfall = null;
        SuiteAccuracy? accuracy = null;
        long deviceBytes = 0;
        long outputBytes = 0;
        using IClockSource? clockSource = OpenClocks(warnings);
        foreach (ModeRequest mode in request.Modes)
        {
            var options = new BenchOptions
            {
                Graph = mode.Graph,
                Streams = mode.Slots,
                Measure = new MeasureOptions
                {
                    WarmUpMs = request.WarmUpMs,
                    DurationSeconds = request.DurationSeconds,
                    Iterations = request.Iterations,
                    WarmUpRuns = request.WarmUpRuns,
                },
            };
            using var runner = new BenchRunner(engine, Values(request.Seed), options);
            using ClockWatch? watch = clockSource is null ? null : ClockWatch.Start(clockSource, TimeSpan.FromMilliseconds(request.WarmUpMs));
            var load = new OtherLoad();
            BenchRun run = runner.Measure(variant, CancellationToken.None);
            double? others = load.Cores();
            SuiteClocks? clocks = watch?.Stop();
            SampleFile.Write(mode.SamplesFile, run.Measurement.Samples);
            modes.Add(Describe(mode, run, request.Batch, others, clocks));
            if (modes.Count > 1)
            {
                continue;
            }
            deviceBytes = Math.Max(free - FreeBytes(), 0);
            outputBytes = engine.Outputs.Sum(o => (long)runner.Session.OutputBytes(o.Name).Length);
            waterfall = Waterfall.Of(run.Measurement);
            accuracy = Accuracy(engine, runner.Session, request, warnings);
        }
        using var process = Process.GetCurrentProcess();
        return new MeasureAnswer(
            modes, new SuiteMemory(deviceBytes, process.PeakWorkingSet64), waterfall, accuracy, InputBytes(engine, variant), outputBytes,
            [.. variant.Inputs.Select(i => new ModelInputShape(i.Name, i.Shape))], warnings);
    }

    public static InputValues Values(ulong seed) => InputValues.FromOptions([], seed);

    /// <summary>The shapes of the batch, under the engine's profile.</summary>
    public static Variant Resolve(Engine engine, string model, IReadOnlyList<string> shapes, int batch) =>
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

    private static SuiteMode Describe(ModeRequest mode, BenchRun run, int batch, double? otherCores, SuiteClocks? clocks)
    {
        Findings f = run.Findings;
        return new SuiteMode(
            mode.Name, run.UsesGraph, mode.Slots, run.Measurement.Samples.Count, run.Measurement.WarmUpRuns, run.Measurement.WallSeconds,
            run.Measurement.ThroughputQps * batch, Summary(f.Latency), Summary(f.H2d), Summary(f.Compute), Summary(f.D2h), Summary(f.Enqueue),
            Summary(f.Wall), mode.SamplesName, ModeWarnings.Of(mode, run, otherCores, clocks), clocks);
    }

    private static SuiteSummary Summary(Summary s) => new(s.Min, s.Mean, s.Median, s.P90, s.P95, s.P99, s.Max, s.CvPercent);

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
        catch (Exception e) when (e is WorkException or Npy.NpyException or IOException)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"accuracy is not known: {e.Message}"));
            return null;
        }
    }

    private static long InputBytes(Engine engine, Variant variant) => engine.Inputs.Zip(variant.Inputs)
        .Sum(i => i.Second.Shape.Aggregate((long)ElementReader.Bytes(i.First.DataType), (bytes, d) => bytes * d));

    private static long FreeBytes() => PinionRuntime.GetDevices() is [var device, ..] ? device.FreeBytes : 0;
}
