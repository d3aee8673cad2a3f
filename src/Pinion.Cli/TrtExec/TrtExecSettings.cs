using System.Globalization;

namespace Pinion.Cli;

/// <summary>The options in trtexec's sections and words, which scripts look for. What Pinion has no setting for is left out.</summary>
internal static class TrtExecSettings
{
    public static void Print(TrtExecLog log, TrtExecOptions options)
    {
        Section(log, "Model", Model(options));
        Section(log, "Build", Build(options));
        Section(log, "System", [("Device", $"{options.Build.Device}"), ("Plugins", string.Join(' ', options.Build.PluginLibraries))]);
        Section(log, "Inference", Inference(options));
        Section(log, "Reporting", Reporting(options));
    }

    private static void Section(TrtExecLog log, string name, IEnumerable<(string Name, string Value)> lines)
    {
        log.Info($"=== {name} Options ===");
        foreach ((string label, string value) in lines)
        {
            log.Info($"{label}: {value}".TrimEnd());
        }

        log.Info();
    }

    private static IEnumerable<(string Name, string Value)> Model(TrtExecOptions options)
    {
        yield return ("Format", options.Onnx is null ? "*" : "ONNX");
        yield return ("Model", options.Onnx ?? "");
    }

    private static IEnumerable<(string Name, string Value)> Build(TrtExecOptions options)
    {
        EngineBuildOptions build = options.Build;
        string workspace = build.WorkspaceBytes == 0 ? "default" : string.Create(CultureInfo.InvariantCulture, $"{build.WorkspaceBytes / 1048576.0:0.######} MiB");
        yield return ("Memory Pools", $"workspace: {workspace}");
        yield return ("avgTiming", $"{build.TimingIterations}");
        yield return ("Precision", Precision(build));
        yield return ("LayerPrecisions", string.Join(',', build.LayerPrecisions.Select(l => $"{l.Layer}:{l.Precision.GetName()}")));
        yield return ("Precision Constraints", build.PrecisionConstraints.ToString().ToLowerInvariant());
        yield return ("Version Compatible", Enabled(build.VersionCompatible));
        yield return ("Strongly Typed", Enabled(build.StronglyTyped));
        yield return ("Skip inference", Enabled(options.SkipInference));
        yield return ("Save engine", options.SaveEngine ?? "");
        yield return ("Load engine", options.LoadEngine ?? "");
        yield return ("Profiling verbosity", $"{(int)build.ProfilingVerbosity}");
        yield return ("Tactic sources", options.TacticChanges is { } tactics ? tactics : "Using default tactic sources");
        yield return ("timingCacheMode", build.TimingCachePath is null ? "local" : "global");
        yield return ("timingCacheFile", build.TimingCachePath ?? "");
        yield return ("BuilderOptimizationLevel", $"{build.OptimizationLevel ?? -1}");
        yield return ("Hardware Compatibility", Hardware(build.HardwareCompatibility));
        for (int profile = 0; profile < build.Profiles.Count; profile++)
        {
            foreach ((string input, ShapeRange range) in build.Profiles[profile].Inputs)
            {
                yield return ($"Input build shape (profile {profile})", $"{input}={range.Min}+{range.Opt}+{range.Max}");
            }
        }
    }

    private static IEnumerable<(string Name, string Value)> Inference(TrtExecOptions options)
    {
        MeasureOptions measure = options.Bench.Measure;
        SessionOptions session = options.Bench.Session;
        yield return ("Batch", "Explicit");
        foreach ((string? name, TensorShape shape) in options.Shapes)
        {
            yield return ("Input inference shape", name is null ? $"{shape}" : $"{name}={shape}");
        }

        yield return ("Iterations", $"{measure.Iterations}");
        yield return ("Duration", string.Create(CultureInfo.InvariantCulture, $"{measure.DurationSeconds:0.###}s (+ {measure.WarmUpMs:0.###}ms warm up)"));
        yield return ("Idle time", $"{measure.IdleMs}ms");
        yield return ("Inference Streams", $"{options.Bench.Sessions}");
        yield return ("Data transfers", Enabled(!session.SkipTransfers));
        yield return ("Spin-wait", Enabled(session.WaitMode == WaitMode.Spin));
        yield return ("CUDA Graph", Enabled(session.UseGraph));
        yield return ("Optimization Profile Index", options.UseProfile is { } profile ? $"{profile}" : "the first that holds the shapes");
        yield return ("Inputs", string.Join(' ', options.LoadInputs.Select(i => $"{i.Key}<-{i.Value}")));
    }

    private static IEnumerable<(string Name, string Value)> Reporting(TrtExecOptions options)
    {
        yield return ("Verbose", Enabled(options.Verbose));
        yield return ("Averages", $"{options.AvgRuns} inferences");
        yield return ("Percentiles", string.Join(',', options.Percentiles.Select(p => p.ToString(CultureInfo.InvariantCulture))));
        yield return ("Dump output", Enabled(options.DumpOutput));
        yield return ("Profile", Enabled(options.DumpProfile));
        yield return ("Export timing to JSON file", options.ExportTimes ?? "");
        yield return ("Export output to JSON file", options.ExportOutput ?? "");
        yield return ("Export profile to JSON file", options.ExportProfile ?? "");
    }

    /// <summary>As trtexec sums it up: FP32 always, TF32 not named.</summary>
    private static string Precision(EngineBuildOptions build) =>
        build.StronglyTyped ? "Strongly typed" : build.Precision == Pinion.Precision.Fp16 ? "FP32+FP16" : "FP32";

    private static string Hardware(HardwareCompatibility level) => level switch
    {
        HardwareCompatibility.AmperePlus => "ampere+",
        HardwareCompatibility.SameComputeCapability => "sameComputeCapability",
        _ => "none",
    };

    private static string Enabled(bool on) => on ? "Enabled" : "Disabled";
}
