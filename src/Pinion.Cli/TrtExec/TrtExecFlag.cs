namespace Pinion.Cli;

/// <summary>What becomes of one of trtexec's flags here.</summary>
internal enum FlagFate
{
    /// <summary>It does what trtexec does with it.</summary>
    Mapped,

    /// <summary>It is accepted and changes nothing; a warning says why.</summary>
    NoEffect,

    /// <summary>What it asks for cannot be had, so nothing is done.</summary>
    Refused,
}

/// <summary>One flag: whether it takes <c>=value</c> (null: it may), what becomes of it, and the words for that.</summary>
internal sealed record TrtExecFlag(string Name, bool? TakesValue, FlagFate Fate, string Text)
{
    private const string OldParsers = "the UFF and Caffe parsers left TensorRT with version 10; convert the model to ONNX and give --onnx";
    private const string ImplicitBatch = "implicit batch left TensorRT with version 10, and ONNX models never had it; give --shapes with the batch in the first dimension";
    private const string OtherPrecisions = "Pinion builds FP32 and FP16; give --fp16, or a quantized ONNX model to trtexec itself";
    private const string Calibration = "calibration belongs to INT8, which Pinion does not build";
    private const string NoDla = "Pinion runs on GPUs, not on DLA cores";
    private const string Safety = "the safety runtime is not supported";
    private const string NoSetting = "Pinion leaves this to TensorRT's default";
    private const string Weights = "plans with weights that are refitted, stripped or streamed are not supported";
    private const string Lean = "Pinion uses the full runtime; lean and dispatch runtimes are not supported";
    private const string Compare = "outputs are not compared here; pinion run --output-dir writes them as .npy";
    private const string Debug = "debug tensors are not supported; mark them as outputs of the model";
    private const string Tuning = "TensorRT 11's build-route tuning is not supported";

    public static readonly IReadOnlyDictionary<string, TrtExecFlag> All = Table().ToDictionary(f => f.Name);

    private static IEnumerable<TrtExecFlag> Table()
    {
        foreach (string name in (string[])[
            "--onnx", "--saveEngine", "--loadEngine", "--workspace", "--memPoolSize", "--minShapes", "--optShapes", "--maxShapes", "--shapes",
            "--inputIOFormats", "--outputIOFormats", "--timingCacheFile", "--builderOptimizationLevel", "--avgTiming", "--precisionConstraints", "--layerPrecisions",
            "--layerPrecision", "--tacticSources", "--sparsity", "--plugins", "--staticPlugins", "--dynamicPlugins", "--device", "--profilingVerbosity",
            "--nvtxMode", "--hardwareCompatibilityLevel", "--warmUp", "--duration", "--iterations", "--avgRuns", "--percentile", "--streams", "--infStreams",
            "--idleTime", "--loadInputs", "--exportOutput", "--exportTimes", "--exportProfile", "--exportLayerInfo", "--useRuntime", "--profile", "--useProfile"])
        {
            yield return new TrtExecFlag(name, true, FlagFate.Mapped, "");
        }

        foreach (string name in (string[])[
            "--fp16", "--best", "--noTF32", "--versionCompatible", "--vc", "--stronglyTyped", "--buildOnly", "--skipInference", "--verbose", "--useCudaGraph",
            "--noCudaGraph", "--useSpinWait", "--noSpinWait", "--noDataTransfers", "--includeDataTransfers", "--dumpOutput", "--dumpProfile",
            "--dumpLayerInfo", "--dumpOptimizationProfile", "--separateProfileRun", "--help"])
        {
            yield return new TrtExecFlag(name, false, FlagFate.Mapped, "");
        }

        foreach ((string name, string text) in ((string, string)[])[
            ("--explicitBatch", "explicit batch is the only kind there is, on by itself"),
            ("--explicitPrecision", "it left TensorRT with version 8.5; quantized models say their precision themselves"),
            ("--exposeDMA", "copies and compute of one inference are always in order; several streams overlap"),
            ("--threads", "one thread drives all streams, which wait for each other in the device alone"),
            ("--useManagedMemory", "host buffers are pinned and device buffers are the device's own"),
            ("--noBuilderCache", "no timing cache outlives a build unless --timingCacheFile names one"),
            ("--heuristic", "it became --builderOptimizationLevel in TensorRT 8.6"),
            ("--sleepTime", "nothing delays the first run"),
            ("--minTiming", "--avgTiming superseded it in TensorRT 8.4"), ("--maxAuxStreams", NoSetting), ("--preview", NoSetting), ("--maxTactics", NoSetting),
            ("--persistentCacheRatio", NoSetting), ("--allocationStrategy", NoSetting), ("--tempdir", NoSetting), ("--tempfileControls", NoSetting),
            ("--directIO", NoSetting), ("--noCompilationCache", NoSetting), ("--errorOnTimingCacheMiss", NoSetting), ("--tilingOptimizationLevel", NoSetting),
            ("--l2LimitForTiling", NoSetting), ("--asyncFileReader", NoSetting), ("--monitorMemory", NoSetting), ("--runtimePlatform", NoSetting),
            ("--distributiveIndependence", NoSetting), ("--decomposableAttentions", NoSetting), ("--enablePluginOverride", NoSetting),
            ("--pluginInstanceNorm", NoSetting), ("--pi", NoSetting), ("--allowGPUFallback", NoDla), ("--adjustForDLA", NoDla),
            ("--ignoreParsedPluginLibs", NoSetting), ("--restricted", Safety)])
        {
            yield return new TrtExecFlag(name, null, FlagFate.NoEffect, text);
        }

        foreach ((string text, string[] names) in ((string, string[])[])[
            (OldParsers, ["--uff", "--uffInput", "--uffNHWC", "--deploy", "--model", "--output"]),
            (ImplicitBatch, ["--batch", "--maxBatch"]),
            (OtherPrecisions, ["--int8", "--fp8", "--bf16", "--int4"]),
            (Calibration, ["--calib", "--calibProfile", "--minShapesCalib", "--optShapesCalib", "--maxShapesCalib"]),
            (NoDla, ["--useDLACore", "--buildDLAStandalone", "--reportCapabilityDLA", "--uint8AsymmetricQuantizationDLA"]),
            (Safety, ["--safe", "--consistency", "--std", "--serialized", "--safetyPlugins"]),
            (Weights, ["--refit", "--dumpRefit", "--timeRefit", "--refitFromOnnx", "--stripWeights", "--stripAllWeights", "--weightless", "--weightStreamingBudget", "--allowWeightStreaming"]),
            (Lean, ["--leanDLLPath", "--excludeLeanRuntime"]),
            ("plugin libraries are loaded, not stored in plans", ["--setPluginsToSerialize"]),
            ("outputs and types of single layers are the model's; give --layerPrecisions, or change the model", ["--layerOutputTypes", "--layerDeviceTypes"]),
            ("pinion inspect PLAN shows what built a plan", ["--getPlanVersionOnly"]),
            ("pinion run --output-dir writes inputs and outputs as .npy", ["--dumpRawBindingsToFile"]),
            ("loading is not timed by itself; the time is in the line 'Engine loaded in'", ["--timeDeserialize"]),
            (Compare, ["--loadRefOutputs", "--refPair", "--atol", "--rtol", "--accuracyAlgorithm", "--accuracyThreshold"]),
            (Debug, ["--markDebug", "--saveDebugTensors", "--saveAllDebugTensors", "--markUnfusedTensorsAsDebugTensors"]),
            (Tuning, ["--setBuildRoute", "--helpBuildRoute", "--tuneBuildRoutes", "--tuneBuildRouteFile", "--tuningSearch", "--tuningTimeOut", "--tuningCacheFile", "--tuningResultFile", "--remoteAutoTuningConfig", "--continue", "--saveAllEngines"]),
            ("a build needs the device it is for", ["--cpuOnly", "--dryRun"]),
            ("TensorRT does not offer it to other programs", ["--dumpKernelText"])])
        {
            foreach (string name in names)
            {
                yield return new TrtExecFlag(name, null, FlagFate.Refused, text);
            }
        }
    }
}
