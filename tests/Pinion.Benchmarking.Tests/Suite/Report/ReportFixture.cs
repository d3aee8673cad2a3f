namespace Pinion.Benchmarking.Tests;

/// <summary>
/// A run to draw: the models and published figures are PaddleClas's; every measured figure is made up from the models' operations and says so.
/// </summary>
internal static class ReportFixture
{
    public const string Synthetic = "synthetic figures";

    private static readonly int[] PublishedBatches = [1, 4, 8];

    private sealed record Row(
        string Name, string Family, double Top1, double Top5, double FlopsG, double ParamsM, double[]? V100 = null, double[]? T4Fp32 = null, double[]? T4Fp16 = null, double[]? V100Earlier = null);

    private static readonly Row[] Rows =
    [
        new("pcpvt_small", "Twins", .8115, .9567, 3.7, 24.1, [5.74, 10.51, 15.27], V100Earlier: [7.32, 10.51, 15.27]),
        new("pcpvt_base", "Twins", .8268, .9627, 6.4, 43.8, [8.44, 16.22, 23.16], V100Earlier: [12.2, 16.22, 23.16]),
        new("pcpvt_large", "Twins", .8306, .9659, 9.5, 60.9, [16.47, 22.9, 32.73]),
        new("alt_gvt_small", "Twins", .8177, .9557, 2.8, 24.0, [4.93, 9.01, 10.02], V100Earlier: [6.94, 9.01, 12.27]),
        new("alt_gvt_base", "Twins", .8315, .9629, 8.3, 56.0, [7.48, 12.6, 19.93], V100Earlier: [9.37, 15.02, 24.54]),
        new("alt_gvt_large", "Twins", .8364, .9651, 14.8, 99.2, [9.28, 18.72, 31.18], V100Earlier: [11.76, 22.08, 35.12]),
        new("TNT_small", "TNT", .8148, .958, 4.8, 23.7),
        new("TNT_base", "TNT", .8276, .9617, 13.4, 65.3),
        new("Res2Net50_26w_4s", "Res2Net", .793, .946, 8.52, 25.7, [3.31, 5.65, 8.33], [4.47188, 9.65722, 17.54535], [3.56067, 6.61827, 11.41566]),
        new("Res2Net50_vd_26w_4s", "Res2Net", .798, .949, 8.37, 25.06, [3.35, 5.79, 8.63], [4.52712, 9.93247, 18.16928], [3.69221, 6.94419, 11.92441]),
        new("Res2Net50_vd_26w_4s_ssld", "Res2Net", .831, .966, 8.37, 25.06, [3.35, 5.79, 8.63]),
        new("Res2Net50_14w_8s", "Res2Net", .795, .947, 9.01, 25.72, [4.13, 6.56, 9.45], [5.4026, 10.60273, 18.01234], [4.45745, 7.69847, 12.30935]),
        new("Res2Net101_vd_26w_4s", "Res2Net", .806, .952, 16.67, 45.22, [5.96, 10.56, 15.2], [8.08729, 17.31208, 31.95762], [6.53122, 10.81895, 18.94395]),
        new("Res2Net101_vd_26w_4s_ssld", "Res2Net", .839, .971, 16.67, 45.22, [5.96, 10.56, 15.2]),
        new("Res2Net200_vd_26w_4s", "Res2Net", .812, .957, 31.49, 76.21, [10.8, 19.48, 27.95], [14.67806, 32.35032, 63.65899], [11.66671, 18.93953, 33.19188]),
        new("Res2Net200_vd_26w_4s_ssld", "Res2Net", .851, .974, 31.49, 76.21, [10.8, 19.48, 27.95]),
        new("DPN68", "DPN", .768, .934, 4.03, 10.78, [8.18, 11.4, 14.82], [11.64915, 12.82807, 18.57113], [11.7827, 13.12652, 16.19213]),
        new("DPN92", "DPN", .799, .948, 12.54, 36.29, [12.48, 20.04, 25.1], [18.15746, 23.87545, 38.68821], [18.56026, 20.35983, 29.89544]),
        new("DPN98", "DPN", .806, .951, 22.22, 58.46, [14.7, 25.55, 35.12], [21.18196, 33.23925, 62.77751], [21.70508, 24.7755, 40.93595]),
        new("DPN107", "DPN", .809, .953, 35.06, 82.97, [19.46, 35.62, 50.22], [27.62046, 52.65353, 100.11721], [27.84462, 34.83217, 60.67903]),
        new("DPN131", "DPN", .807, .951, 30.51, 75.36, [19.64, 34.6, 47.42], [28.33119, 46.19439, 89.24904], [28.58941, 33.01078, 55.65146]),
    ];

    public static SuiteEnvironment Host { get; } = new(
        Sdk.Host, $"Host CPU ({Synthetic})", "0.0", null, null, 0, null, null, null, null, "8.6.1 (host SDK)", "1.30.0", $"Example CPU, {Synthetic}", 2,
        "Example Linux 12", "x64", "10.0.0", "0.1.0", "0123456789abcdef0123456789abcdef01234567", 0.42, new SuitePeak(95e9, null, 14e9, "measured"));

    public static SuiteEnvironment Gpu { get; } = Host with
    {
        Sdk = Sdk.Nvidia,
        Device = $"Tesla V100 ({Synthetic})",
        ComputeCapability = "7.0",
        ClockMHz = 1380,
        MemoryClockMHz = 877,
        DeviceMemoryBytes = 16L << 30,
        PciBusId = "0000:3b:00.0",
        Pcie = "3.0 x16",
        Driver = "535.0",
        Cuda = "11.8",
        TensorRt = "8.6.1",
        OnnxRuntime = null,
        Peak = new SuitePeak(14e12, 112e12, 900e9, "data sheet"),
    };

    /// <summary>All 21 models over the batches and precisions; a few cells without figures.</summary>
    public static SuiteResults Run(int[] batches, string[] precisions, SuiteEnvironment? environment = null)
    {
        environment ??= Host;
        var random = new Random(7);
        SuiteModel[] models = [.. Rows.Select(Model)];
        SuiteCell[] cells =
        [
            .. from row in Rows.Zip(models) from precision in precisions from batch in batches
               select Cell(row.First, row.Second, batch, precision, environment, random),
        ];
        var protocol = new SuiteProtocol("trtexec", batches.Length == 1, batches, precisions, "v100", 200, 3, 10, null, null, 600, 42);
        var started = new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);
        return new SuiteResults(SuiteResults.CurrentSchemaVersion, "20260301-093000", started, started.AddMinutes(97), true, protocol, environment, models, cells);
    }

    public static SuiteResults Full() => WithFailures(Run([1, 4, 8], ["fp32", "fp16"]));

    /// <summary>One model and cell, for tests that change one thing.</summary>
    public static SuiteResults Small()
    {
        SuiteResults run = Run([1], ["fp32"]);
        return run with { Models = [run.Models[0]], Cells = [run.Cells[0]] };
    }

    public static SuiteCell Failed(SuiteCell cell, CellStatus status, string problem) => cell with
    {
        Status = status,
        Problem = problem,
        Build = null,
        Memory = null,
        Modes = [],
        Waterfall = null,
        Accuracy = null,
        Roofline = null,
        Comparison = null,
        Warnings = [],
    };

    private static SuiteResults WithFailures(SuiteResults run)
    {
        SuiteCell[] cells = [.. run.Cells];
        Replace("DPN131", 8, "fp16", CellStatus.OutOfMemory, "the system stopped the cell's process: it held 3.1 GiB when memory ran out.");
        Replace("TNT_base", 8, "fp32", CellStatus.TimedOut, "the cell ran longer than its limit of 600 s; it was stopped while it measured graph-2.");
        Replace("pcpvt_large", 4, "fp16", CellStatus.Crashed, "the cell's process ended with signal 11 while it built the engine.");
        return run with { Cells = cells };

        void Replace(string model, int batch, string precision, CellStatus status, string problem)
        {
            int index = Array.FindIndex(cells, c => c.Model == "zoo:" + model && c.Batch == batch && c.Precision == precision);
            cells[index] = Failed(cells[index], status, problem);
        }
    }

    private static SuiteModel Model(Row row)
    {
        string page = $"PaddleClas {row.Family}.md";
        var latencies = new List<SuitePublishedLatency>();
        for (int i = 0; i < PublishedBatches.Length; i++)
        {
            Add("V100", "fp32", row.V100, page, row.Family == "DPN" ? null : "8.0.3.4", null);
            Add("T4", "fp32", row.T4Fp32, page, row.Family == "DPN" ? null : "8.0.3.4", null);
            Add("T4", "fp16", row.T4Fp16, page, row.Family == "DPN" ? null : "8.0.3.4", null);
            Add("V100", "fp32", row.V100Earlier, page + " (earlier edition)", null, "earlier edition of the same page, TensorRT version not stated");

            void Add(string gpu, string precision, double[]? values, string source, string? tensorRt, string? note)
            {
                if (values is not null)
                {
                    latencies.Add(new SuitePublishedLatency(gpu, precision, PublishedBatches[i], values[i], source, tensorRt, note));
                }
            }
        }

        long macs = (long)(row.FlopsG * 1e9 / (row.Family is "DPN" or "Res2Net" ? 2 : 1));
        return new SuiteModel(
            "zoo:" + row.Name, row.Name, row.Family, new string('a', 64), (long)(row.ParamsM * 1e6), macs, 2_048_000, row.Family is "Twins" or "TNT" ? macs / 20 : 0, null,
            new SuitePublished(row.Top1, row.Top5, row.FlopsG, row.ParamsM, null), latencies);
    }

    private static SuiteCell Cell(Row row, SuiteModel model, int batch, string precision, SuiteEnvironment environment, Random random)
    {
        bool half = precision == "fp16";
        double flops = 2.0 * (model.ConvMacs!.Value + model.LinearMacs!.Value + model.AttentionMacs!.Value) * batch;
        double bytes = (row.ParamsM * 1e6 + flops / 90) * (half ? 2 : 4);
        double peak = half && environment.Peak.Fp16Flops is { } fp16 ? fp16 : environment.Peak.Fp32Flops;
        double limit = 1000 * Math.Max(flops / peak, bytes / environment.Peak.BytesPerSecond);
        double fraction = (row.Family is "DPN" or "Res2Net" ? .62 : .38) + .1 * random.NextDouble() + .015 * batch - (half ? .05 : 0);
        double compute = limit / fraction;
        double h2d = .035 * batch * (environment.IsGpu ? 1 : .6);
        const double D2h = .004;
        SuiteMode graph = Mode("graph-1", true, 1, compute, h2d, D2h, batch, random);
        SuiteMode plain = Mode("plain-1", false, 1, compute * (1.002 + .03 * random.NextDouble()) + (environment.IsGpu ? .4 : 0), h2d, D2h, batch, random);
        SuiteMode twoSessions = Mode("graph-2", true, 2, compute * 1.9, h2d, D2h, batch, random) with { ImagesPerSecond = graph.ImagesPerSecond * (1.01 + .12 * random.NextDouble()) };
        SuitePublishedLatency? published = model.PublishedLatencies.FirstOrDefault(p => p.Gpu == "V100" && p.Precision == precision && p.Batch == batch);
        string caption = environment.IsGpu ? "measured on a V100 as well" : "but measured on a CPU: different hardware, so this says nothing about the software";
        double error = (half ? 2.1e-3 : 3.2e-6) * (1 + random.NextDouble());
        bool noisy = graph.GpuComputeMs.CvPercent > 1;
        string[] warnings = noisy ? [FormattableString.Invariant($"compute time is unstable: its coefficient of variation is {graph.GpuComputeMs.CvPercent:F1}%, above 1%; fixed clocks may help.")] : [];
        var waterfall = new SuiteWaterfall(.0021, .0065 + .002 * random.NextDouble(), h2d, compute, D2h, .012 + .006 * random.NextDouble(), 0, 0, 0);
        waterfall = waterfall with { WallMs = waterfall.ManagedCallMs + waterfall.EnqueueMs + waterfall.H2dMs + waterfall.ComputeMs + waterfall.D2hMs + waterfall.WakeUpMs };
        return new SuiteCell(
            $"{row.Name}-b{batch}-{precision}", model.Name, batch, precision, CellStatus.Measured, null, environment.IsGpu ? "on the GPU" : "no GPU: the host SDK on the CPU",
            environment.IsGpu ? precision.ToUpperInvariant() : half ? "FP32 (FP16 was asked for, but the host SDK computes in FP32)" : "FP32", 14 + compute / 20, new SuiteBuild(1.2 + row.ParamsM / 20, batch == 4, (long)(row.ParamsM * 4.1e6)),
            new SuiteMemory((long)(row.ParamsM * 4.4e6 + 9e6 * batch), (long)(row.ParamsM * 9e6 + 2e8)), [graph, plain, twoSessions], waterfall,
            new SuiteAccuracy("the FP32 engine of the host SDK", error, error / 14, 1 - error * error / 8, half && random.Next(8) == 0 ? 1 - 1.0 / 8 : 1, 0, 0, 1000L * batch),
            new SuiteRoofline(flops, bytes, limit, flops / peak > bytes / environment.Peak.BytesPerSecond ? "compute" : "memory", fraction),
            published is null ? null : new SuiteComparison(published, graph.LatencyMs.Median / published.LatencyMs, environment.IsGpu, caption), warnings);
    }

    private static SuiteMode Mode(string name, bool graph, int sessions, double compute, double h2d, double d2h, int batch, Random random)
    {
        double cv = .3 + 1.1 * random.NextDouble() * random.NextDouble();
        double latency = compute + h2d + d2h;
        return new SuiteMode(
            name, graph, sessions, Math.Max(10, (int)(3000 / latency)), 2, 3.0, 1000.0 / latency * batch, Around(latency, cv), Around(h2d, 4), Around(compute, cv), Around(d2h, 6),
            Around(graph ? .006 : .05, 9), Around(latency + .03, cv), $"samples/{name}.bin", [], new SuiteClocks("a test", 1, null, null, []));
    }

    private static SampleSummary Around(double median, double cv) => new(
        median * (1 - cv / 100), median * 1.001, median, median * (1 + cv / 80), median * (1 + cv / 55), median * (1 + cv / 25), median * (1 + cv / 15), cv);
}
