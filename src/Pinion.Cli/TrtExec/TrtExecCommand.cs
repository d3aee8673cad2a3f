using System.Diagnostics;
using System.Globalization;
using static Pinion.Cli.TrtExecLog;

namespace Pinion.Cli;

/// <summary><c>pinion trtexec</c>: trtexec's flags in, trtexec's words out.</summary>
internal static class TrtExecCommand
{
    public static int Run(ReadOnlySpan<string> args)
    {
        using var interrupt = new Interrupt();
        string commandLine = string.Join(' ', ["pinion trtexec", .. args]);
        var log = new TrtExecLog(args.Contains("--verbose") || args.Contains("-v"));
        string test = "TensorRT.trtexec";
        try
        {
            TrtExecOptions options = TrtExecParser.Parse(args);
            if (options.Help)
            {
                Console.Out.WriteLine(TrtExecHelp.Text);
                return ExitCode.Done;
            }

            RuntimeInfo info = PinionRuntime.Info;
            Version release = info.TensorRtLoaded ?? info.TensorRtCompiled ?? new Version(8, 0);
            options = options.WithDefaultsOf(release);
            test = $"TensorRT.trtexec [TensorRT v{VersionNumber(info.TensorRtCompiled)}]";
            log.Result("RUNNING", test, commandLine);
            Work(log, options, info, release, interrupt.Token);
            log.Result("PASSED", test, commandLine);
            return ExitCode.Done;
        }
        catch (Exception e)
        {
            return Fail(log, test, commandLine, e);
        }
    }

    /// <summary>The number in the version header: 8601 before TensorRT 10, 100400 from then on.</summary>
    internal static int VersionNumber(Version? v) => v is null ? 0 : v.Major < 10 ? (v.Major * 1000) + (v.Minor * 100) + v.Build : (v.Major * 10000) + (v.Minor * 100) + v.Build;

    private static void Work(TrtExecLog log, TrtExecOptions options, RuntimeInfo info, Version release, CancellationToken token)
    {
        PinionRuntime.SetLog(log.FromTensorRt, log.Verbose ? LogSeverity.Verbose : LogSeverity.Info);
        foreach (string note in options.Notes)
        {
            log.Warning(note);
        }

        if (options.TacticChanges is { } changes)
        {
            options = options with { Build = options.Build with { TacticSources = TacticText.ParseChanges(changes, release) } };
        }

        if (TrtExecOptions.MeasuresDeviceAlone(release) && options is { Graph: null, Spin: null, Transfers: null, SkipInference: false })
        {
            log.Info($"As trtexec of {release} does, this measures with a CUDA graph, spin wait and without transfers; --noCudaGraph, --noSpinWait and --includeDataTransfers change that.");
        }

        TrtExecSettings.Print(log, options);
        PrintDevice(log, options, info);
        using Engine engine = options.Onnx is { } onnx ? Build(log, options, onnx, token) : Load(log, options, options.LoadEngine!);
        PrintEngine(log, options, engine);
        if (options.SkipInference)
        {
            log.Info("Inference is skipped, as asked for.");
            return;
        }

        Measure(log, options, engine, token);
    }

    private static void PrintDevice(TrtExecLog log, TrtExecOptions options, RuntimeInfo info)
    {
        DeviceInfo? device = PinionRuntime.GetDevices().FirstOrDefault(d => d.Index == options.Build.Device);
        var facts = RuntimeFacts.Describe(info, device, options.Onnx is null ? null : options.Build.Precision);
        log.Info("=== Device Information ===");
        log.Info($"Selected Device: {facts.Device}");
        if (device is not null)
        {
            log.Info($"Compute Capability: {device.ComputeCapability}");
            log.Info($"SMs: {device.Multiprocessors}");
            log.Info($"Device Global Memory: {device.TotalBytes >> 20} MiB");
            log.Info($"Memory Bus Width: {device.MemoryBusBits} bits");
            log.Info(string.Create(CultureInfo.InvariantCulture, $"Application Compute Clock Rate: {device.ClockKHz / 1e6:0.###} GHz"));
            log.Info(string.Create(CultureInfo.InvariantCulture, $"Application Memory Clock Rate: {device.MemoryClockKHz / 1e6:0.###} GHz"));
        }

        log.Info();
        log.Info($"TensorRT version: {facts.TensorRt}");
        if (!info.ComputesOnGpu)
        {
            log.Warning(facts.Line);
        }

        foreach (string note in facts.Notes)
        {
            log.Warning(note);
        }
    }

    private static Engine Build(TrtExecLog log, TrtExecOptions options, string onnx, CancellationToken token)
    {
        using var model = ModelFile.Open(onnx, log.Info, token);
        EngineBuildOptions build = options.Build;
        if (build.Profiles.Count == 0)
        {
            IReadOnlyList<TensorInfo> inputs = model.Use(EngineBuilder.DescribeModel).Inputs;
            IReadOnlyList<EngineShapes> wanted = new ShapeRequest(options.Shapes, []).ForModel(inputs, fillMissing: true);
            foreach (TensorInfo input in inputs.Where(i => i.Shape.IsDynamic && !options.Shapes.Any(s => s.Name == i.Name || (s.Name is null && inputs.Count == 1))))
            {
                string used = wanted[0].Inputs.First(i => i.Name == input.Name).Shape.ToString();
                log.Warning($"Input {input.Name} is {input.Shape} and no shapes were given; every dynamic dimension is taken as 1: {used}");
            }

            build = ShapeRequest.DeriveProfile(inputs, wanted) is { } profile ? build with { Profiles = [profile] } : build;
        }

        var watch = Stopwatch.StartNew();
        using Plan plan = model.Use(path => EngineBuilder.BuildAsync(path, build, null, token).GetAwaiter().GetResult());
        log.Info($"Engine built in {Number(watch.Elapsed.TotalSeconds)} sec.");
        log.Info(string.Create(CultureInfo.InvariantCulture, $"Created engine with size: {plan.SizeBytes / 1048576.0:0.####} MiB"));
        if (options.SaveEngine is { } path)
        {
            BuildCommand.Save(plan, path, token);
        }

        return Engine.Load(plan, new EngineLoadOptions { Device = build.Device, PluginLibraries = build.PluginLibraries, AllowHostCode = build.VersionCompatible });
    }

    private static Engine Load(TrtExecLog log, TrtExecOptions options, string path)
    {
        Files.RequireFile(path);
        var watch = Stopwatch.StartNew();
        var load = new EngineLoadOptions { Device = options.Build.Device, PluginLibraries = options.Build.PluginLibraries, AllowHostCode = options.Build.VersionCompatible };
        Engine engine = Files.About(path, () => Engine.Load(path, load));
        log.Info($"Engine loaded in {Number(watch.Elapsed.TotalSeconds)} sec.");
        return engine;
    }

    private static void PrintEngine(TrtExecLog log, TrtExecOptions options, Engine engine)
    {
        if (options.DumpOptimizationProfile)
        {
            log.Info("Optimization Profile Information:");
            for (int i = 0; i < engine.Profiles.Count; i++)
            {
                foreach ((string input, ShapeRange range) in engine.Profiles[i].Inputs)
                {
                    log.Info($"Optimization Profile {i}: {input}: Min={range.Min} Opt={range.Opt} Max={range.Max}");
                }
            }
        }

        if (!options.DumpLayerInfo && options.ExportLayerInfo is null)
        {
            return;
        }

        string layers = engine.GetLayersJson();
        if (options.DumpLayerInfo)
        {
            log.Info("Layer Information:");
            log.Info(layers);
        }

        if (options.ExportLayerInfo is { } path)
        {
            OutputFile.Write(path, System.Text.Encoding.UTF8.GetBytes(layers + "\n"));
        }
    }

    private static void Measure(TrtExecLog log, TrtExecOptions options, Engine engine, CancellationToken token)
    {
        var values = new InputValues(new Dictionary<string, string>(), options.LoadInputs, seed: 0);
        values.CheckNames(engine.Inputs);
        EngineShapes shapes = new ShapeRequest(options.Shapes, [], options.UseProfile).ForEngine(engine.Inputs, engine.Profiles)[0];
        foreach ((TensorInfo input, (string name, TensorShape shape)) in engine.Inputs.Zip(shapes.Inputs))
        {
            string from = options.LoadInputs.TryGetValue(name, out string? file) ? $"values of {file}" : "random values";
            log.Info($"Input {name}: {shape}, {from}");
        }

        using var bench = new EngineBench(engine, options.Bench with { Inputs = (input, shape, destination) => values.Fill(input, shape, destination) });
        bench.Prepare(shapes);
        foreach (TensorInfo output in engine.Outputs)
        {
            log.Info($"Output {output.Name}: {bench.Session.GetShape(output.Name)}");
        }

        log.Info("Starting inference");
        LatencyResult run = bench.Measure(shapes, token);
        TrtExecReport.Print(log, options, run);
        if (options.ExportTimes is { } times)
        {
            TrtExecReport.ExportTimes(times, run.Samples);
        }

        ShowOutputs(log, options, engine, bench);
        ShowProfile(log, options, bench);
    }

    private static void ShowOutputs(TrtExecLog log, TrtExecOptions options, Engine engine, EngineBench bench)
    {
        if (!options.DumpOutput && options.ExportOutput is null)
        {
            return;
        }

        if (options.Bench.Session.SkipTransfers)
        {
            log.Warning("Outputs are not on the host with --noDataTransfers, so they are neither printed nor exported.");
            return;
        }

        if (options.DumpOutput)
        {
            TrtExecOutputs.Print(log, engine, bench.Session);
        }

        if (options.ExportOutput is { } path)
        {
            TrtExecOutputs.Export(path, engine, bench.Session);
        }
    }

    private static void ShowProfile(TrtExecLog log, TrtExecOptions options, EngineBench bench)
    {
        if (!options.DumpProfile && options.ExportProfile is null)
        {
            return;
        }

        LayerProfile profile = bench.Session.ProfileLayers(Math.Clamp(options.Bench.Measure.Iterations, 1, 10_000));
        if (options.DumpProfile)
        {
            TrtExecReport.PrintProfile(log, profile.Json);
        }

        if (options.ExportProfile is { } path)
        {
            OutputFile.Write(path, System.Text.Encoding.UTF8.GetBytes(profile.Json + "\n"));
        }
    }

    private static int Fail(TrtExecLog log, string test, string commandLine, Exception exception)
    {
        ErrorFacts facts = ErrorReport.Describe(exception);
        log.Error(facts.Message);
        if (facts.BuiltWith is not null)
        {
            log.Error($"built with: {facts.BuiltWith}");
            log.Error($"running on: {facts.RunningOn}");
        }

        if (Environment.GetEnvironmentVariable("PINION_DEBUG") == "1")
        {
            Console.Error.WriteLine(exception);
        }

        log.Result("FAILED", test, commandLine);
        return facts.ExitCode;
    }
}
