namespace Pinion.Cli;

/// <summary>Graph against plain enqueue, spinning against blocking wait, with timings and without; and what C# adds to the native call.</summary>
internal static class LatencyPart
{
    private const string Ocr = "ch_ppocr_mobile_v2.0_cls_infer.onnx";

    public static GpuCheckAnswer Run(GpuCheckSettings settings, CancellationToken token)
    {
        var modes = new List<RunMode>();
        var notes = new List<string>();
        using (Plan identity = EngineBuilder.Build(CheckModels.Identity(), cancellationToken: token))
        {
            Measure(CheckModels.IdentityName, identity, settings, modes, token);
        }

        using (Plan small = EngineBuilder.Build(CheckModels.ManySmall(), cancellationToken: token))
        {
            MeasureTensors(small, settings, modes, token);
        }

        if (CheckModels.Find(settings, Ocr) is not { } path)
        {
            notes.Add($"{Ocr} did not come along and was not measured.");
        }
        else if (!settings.Quick)
        {
            using Plan plan = EngineBuilder.Build(path, new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x3x48x192,opt=1x3x48x192,max=1x3x48x192")] }, cancellationToken: token);
            Measure(Path.GetFileNameWithoutExtension(path), plan, settings, modes, token);
        }

        return new GpuCheckAnswer { Latency = modes, Notes = notes, Failures = [.. modes.Where(m => m.GraphAsked && !m.Figures.Graph).Select(m => $"{m.Model}: no CUDA graph could be captured.").Distinct()] };
    }

    private static void Measure(string model, Plan plan, GpuCheckSettings settings, List<RunMode> modes, CancellationToken token)
    {
        using var engine = Engine.Load(plan);
        EngineShapes shapes = CheckModels.Shapes(engine);
        foreach (WaitMode wait in new[] { WaitMode.Block, WaitMode.Spin })
        {
            foreach (bool graph in new[] { true, false })
            {
                foreach (int interval in new[] { 1, 0 })
                {
                    using var bench = new EngineBench(engine, new EngineBenchOptions
                    {
                        Session = new SessionOptions { UseGraph = graph, WaitMode = wait, TimingInterval = interval },
                        Measure = new MeasureOptions { WarmUpMs = settings.FigureMs(200), DurationSeconds = settings.FigureMs(1000) / 1000 },
                    });
                    LatencyResult result = bench.Measure(shapes, token);
                    modes.Add(new RunMode(model, wait == WaitMode.Spin ? "spin" : "block", graph, interval, Managed(result.Samples), LatencyFigures.Of(result)));
                }
            }
        }
    }

    /// <summary>Many small tensors in the session's own memory, which is copied in one piece each way, and each in memory of its own.</summary>
    private static void MeasureTensors(Plan plan, GpuCheckSettings settings, List<RunMode> modes, CancellationToken token)
    {
        using var engine = Engine.Load(plan);
        EngineShapes shapes = CheckModels.Shapes(engine);
        foreach (bool together in new[] { true, false })
        {
            var buffers = new List<PinnedBuffer<float>>();
            try
            {
                using var bench = new EngineBench(engine, new EngineBenchOptions
                {
                    Session = new SessionOptions { WaitMode = WaitMode.Spin },
                    Measure = new MeasureOptions { WarmUpMs = settings.FigureMs(200), DurationSeconds = settings.FigureMs(1000) / 1000 },
                });
                bench.Prepare(shapes);
                foreach (TensorInfo tensor in together ? [] : engine.Inputs.Concat(engine.Outputs))
                {
                    buffers.Add(new PinnedBuffer<float>(CheckModels.SmallFloats));
                    bench.Session.BindHost(tensor.Name, buffers[^1]);
                }

                LatencyResult result = bench.Measure(shapes, token);
                string model = $"{engine.Inputs.Count} small inputs and outputs, {(together ? "copied together" : "each copied alone")}";
                modes.Add(new RunMode(model, "spin", GraphAsked: true, TimingInterval: 1, Managed(result.Samples), LatencyFigures.Of(result)));
            }
            finally
            {
                // After the session that copies from them.
                buffers.ForEach(b => b.Dispose());
            }
        }
    }

    /// <summary>The wall time that C# sees, less that of the native call, in microseconds.</summary>
    private static SampleSummary? Managed(IReadOnlyList<LatencySample> samples)
    {
        double[] added = [.. samples.Where(s => s.NativeMs > 0).Select(s => (s.WallMs - s.NativeMs) * 1000)];
        return added.Length == 0 ? null : Statistics.Summarize(added);
    }
}
