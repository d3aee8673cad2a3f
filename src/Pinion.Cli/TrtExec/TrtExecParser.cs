using System.Globalization;

namespace Pinion.Cli;

/// <summary>Reads trtexec's flags, of versions 8 to 11, into options.</summary>
internal sealed class TrtExecParser
{
    private readonly List<string> _notes = [];
    private readonly List<string> _plugins = [];
    private readonly SortedDictionary<int, (string? Min, string? Opt, string? Max)> _profiles = [];
    private int _profile;
    private TrtExecOptions _options = new();

    /// <exception cref="UsageException">A flag is unknown, refused or malformed; the message says what became of it.</exception>
    public static TrtExecOptions Parse(ReadOnlySpan<string> args)
    {
        var parser = new TrtExecParser();
        foreach (string arg in args)
        {
            parser.Take(arg);
        }

        return parser.Finish(args.IsEmpty);
    }

    private void Take(string arg)
    {
        int equals = arg.IndexOf('=', StringComparison.Ordinal);
        string given = equals < 0 ? arg : arg[..equals];
        string? value = equals < 0 ? null : arg[(equals + 1)..];
        string name = given switch
        {
            "-h" => "--help",
            "-v" => "--verbose",
            "-d" => "--device",
            _ => given,
        };
        if (!TrtExecFlag.All.TryGetValue(name, out TrtExecFlag? flag))
        {
            string hint = name.StartsWith('-')
                ? NearestName.Find(name, TrtExecFlag.All.Keys) is { } near ? $"did you mean {near}?" : "trtexec of TensorRT 8 to 11 has none of that name."
                : $"flags begin with two dashes and hold their value after '=', such as --onnx={name}.";
            throw new UsageException($"Unknown option: {given}; {hint}");
        }

        switch (flag.Fate)
        {
            case FlagFate.Refused:
                throw new UsageException($"{name} cannot be done: {flag.Text}.");
            case FlagFate.NoEffect:
                _notes.Add($"{name} has no effect: {flag.Text}.");
                return;
        }

        if (flag.TakesValue == true && string.IsNullOrEmpty(value))
        {
            throw new UsageException($"{name} needs a value after '=': {name}=...");
        }

        if (flag.TakesValue == false && value is not null)
        {
            throw new UsageException($"{name} takes no value; '{value}' was given.");
        }

        if (flag.TakesValue == true)
        {
            TakeValue(name, value!);
        }
        else
        {
            TakeSwitch(name);
        }
    }

    private void TakeSwitch(string name)
    {
        switch (name)
        {
            case "--fp16":
                Build(b => b with { Precision = Precision.Fp16 });
                break;
            case "--best":
                Build(b => b with { Precision = Precision.Fp16 });
                _notes.Add("--best allows FP16 and TF32 here; INT8 and FP8 need a quantized model, which Pinion does not build.");
                break;
            case "--noTF32":
                Build(b => b with { AllowTf32 = false });
                break;
            case "--versionCompatible" or "--vc":
                Build(b => b with { VersionCompatible = true });
                break;
            case "--stronglyTyped":
                Build(b => b with { StronglyTyped = true });
                break;
            case "--useCudaGraph" or "--noCudaGraph":
                _options = _options with { Graph = name == "--useCudaGraph" };
                break;
            case "--useSpinWait" or "--noSpinWait":
                _options = _options with { Spin = name == "--useSpinWait" };
                break;
            case "--noDataTransfers" or "--includeDataTransfers":
                _options = _options with { Transfers = name == "--includeDataTransfers" };
                break;
            default:
                TakeReportSwitch(name);
                break;
        }
    }

    private void TakeReportSwitch(string name)
    {
        _options = name switch
        {
            "--buildOnly" or "--skipInference" => _options with { SkipInference = true },
            "--verbose" => _options with { Verbose = true },
            "--help" => _options with { Help = true },
            "--dumpOutput" => _options with { DumpOutput = true },
            "--dumpProfile" => _options with { DumpProfile = true },
            "--dumpLayerInfo" => _options with { DumpLayerInfo = true },
            "--dumpOptimizationProfile" => _options with { DumpOptimizationProfile = true },
            // Layers are always timed in a run of their own.
            "--separateProfileRun" => _options,
            _ => throw new InvalidOperationException($"{name} is in the table and not handled."),
        };
    }

    private void TakeValue(string name, string value)
    {
        switch (name)
        {
            case "--onnx":
                _options = _options with { Onnx = value };
                break;
            case "--saveEngine":
                _options = _options with { SaveEngine = value };
                break;
            case "--loadEngine":
                _options = _options with { LoadEngine = value };
                break;
            case "--shapes":
                _options = _options with { Shapes = [.. _options.Shapes, .. ShapeText.ParseList(value, name)] };
                break;
            case "--minShapes":
                Shapes(p => p with { Min = Join(p.Min, value) });
                break;
            case "--optShapes":
                Shapes(p => p with { Opt = Join(p.Opt, value) });
                break;
            case "--maxShapes":
                Shapes(p => p with { Max = Join(p.Max, value) });
                break;
            case "--profile":
                _profile = Integer(name, value, 0, 1000);
                break;
            case "--useProfile":
                _options = _options with { UseProfile = Integer(name, value, 0, 1000) };
                break;
            case "--loadInputs":
                _options = _options with { LoadInputs = NamedFiles(value) };
                break;
            case "--plugins" or "--staticPlugins" or "--dynamicPlugins":
                _plugins.Add(value);
                break;
            case "--exportTimes":
                _options = _options with { ExportTimes = value };
                break;
            case "--exportOutput":
                _options = _options with { ExportOutput = value };
                break;
            case "--exportProfile":
                _options = _options with { ExportProfile = value };
                break;
            case "--exportLayerInfo":
                _options = _options with { ExportLayerInfo = value };
                break;
            case "--useRuntime":
                _ = value == "full" ? value : throw new UsageException($"--useRuntime={value} cannot be done: Pinion uses the full runtime.");
                break;
            default:
                if (!TakeBuildValue(name, value))
                {
                    TakeMeasureValue(name, value);
                }

                break;
        }
    }

    private bool TakeBuildValue(string name, string value)
    {
        switch (name)
        {
            case "--workspace":
                Build(b => b with { WorkspaceBytes = SizeText.ParseBytes(value, name) });
                return true;
            case "--memPoolSize":
                TakeMemoryPools(value);
                return true;
            case "--timingCacheFile":
                Build(b => b with { TimingCachePath = value });
                return true;
            case "--builderOptimizationLevel":
                Build(b => b with { OptimizationLevel = BuildOptionSet.ReadLevel(Integer(name, value, -1, 100), name) });
                return true;
            case "--avgTiming":
                Build(b => b with { TimingIterations = Integer(name, value, 1, 10_000) });
                return true;
            case "--precisionConstraints":
                Build(b => b with { PrecisionConstraints = BuildOptionSet.ReadConstraints(value, name) });
                return true;
            case "--layerPrecisions" or "--layerPrecision":
                Build(b => b with { LayerPrecisions = [.. ShapeGrammar.SplitOutsideQuotes(value, ',').Select(e => BuildOptionSet.ParseLayer(e.Trim(), name))] });
                return true;
            case "--profilingVerbosity" or "--nvtxMode":
                Build(b => b with { ProfilingVerbosity = BuildOptionSet.ReadVerbosity(value, name) });
                return true;
            case "--tacticSources":
                _options = _options with { TacticChanges = _options.TacticChanges is null ? value : $"{_options.TacticChanges},{value}" };
                return true;
            case "--device":
                Build(b => b with { Device = Integer(name, value, 0, 1023) });
                return true;
            case "--hardwareCompatibilityLevel":
                Build(b => b with { HardwareCompatibility = Hardware(value) });
                return true;
            case "--inputIOFormats" or "--outputIOFormats":
                TakeFormats(name, value);
                return true;
            case "--sparsity":
                TakeSparsity(value);
                return true;
            default:
                return false;
        }
    }

    private void TakeMeasureValue(string name, string value)
    {
        switch (name)
        {
            case "--warmUp":
                Bench(b => b with { Measure = b.Measure with { WarmUpMs = Number(name, value, 0, 600_000) } });
                break;
            case "--duration":
                Bench(b => b with { Measure = b.Measure with { DurationSeconds = Number(name, value, -1, 86_400) } });
                break;
            case "--iterations":
                Bench(b => b with { Measure = b.Measure with { Iterations = Math.Max(Integer(name, value, 0, 100_000_000), 1) } });
                break;
            case "--idleTime":
                Bench(b => b with { Measure = b.Measure with { IdleMs = (int)Math.Ceiling(Number(name, value, 0, 600_000)) } });
                break;
            case "--streams" or "--infStreams":
                Bench(b => b with { Sessions = Integer(name, value, 1, 64) });
                break;
            case "--avgRuns":
                _options = _options with { AvgRuns = Integer(name, value, 1, 100_000_000) };
                break;
            case "--percentile":
                _options = _options with { Percentiles = [.. value.Split(',').Select(p => Number(name, p, 0, 100))] };
                break;
            default:
                throw new InvalidOperationException($"{name} is in the table and not handled.");
        }
    }

    private void TakeMemoryPools(string value)
    {
        foreach (string entry in value.Split(','))
        {
            string[] pair = entry.Split(':', 2);
            if (pair.Length != 2)
            {
                throw new UsageException($"--memPoolSize '{entry}' is not POOL:SIZE; write --memPoolSize=workspace:1024 (MiB) or workspace:1G.");
            }

            switch (pair[0])
            {
                case "workspace":
                    Build(b => b with { WorkspaceBytes = SizeText.ParseBytes(pair[1], "--memPoolSize=workspace") });
                    break;
                case "dlaSRAM" or "dlaLocalDRAM" or "dlaGlobalDRAM" or "tacticSharedMem":
                    _notes.Add($"--memPoolSize={entry} has no effect: Pinion sets the workspace pool alone.");
                    break;
                default:
                    throw new UsageException($"--memPoolSize: '{pair[0]}' is no memory pool. {NearestName.Hint(pair[0], ["workspace", "tacticSharedMem", "dlaSRAM", "dlaLocalDRAM", "dlaGlobalDRAM"])}");
            }
        }
    }

    private static void TakeFormats(string name, string value)
    {
        if (value.Split(',').All(f => f.Trim() == "fp32:chw"))
        {
            return;
        }

        throw new UsageException($"{name}={value} cannot be done: inputs and outputs keep the model's own types, in linear (chw) order.");
    }

    private void TakeSparsity(string value)
    {
        switch (value)
        {
            case "disable":
                break;
            case "enable":
                _notes.Add("--sparsity=enable has no effect: Pinion builds with dense tactics; results are the same.");
                break;
            case "force":
                throw new UsageException("--sparsity=force cannot be done: it would overwrite the model's weights.");
            default:
                throw new UsageException($"--sparsity '{value}' is unknown; trtexec knows disable, enable and force.");
        }
    }

    private TrtExecOptions Finish(bool empty)
    {
        var profiles = new List<OptimizationProfile>();
        foreach ((int index, (string? min, string? opt, string? max)) in _profiles)
        {
            if (index != profiles.Count)
            {
                throw new UsageException($"--profile={index} has shapes and profile {profiles.Count} has none; number profiles from 0.");
            }

            profiles.Add(ProfileText.FromLists(min, opt, max, ("--minShapes", "--optShapes", "--maxShapes"))!);
        }
        // Before TensorRT 8.6 every stream needs a copy of the profile; later versions share it.
        Build(b => b with
        {
            Profiles = profiles,
            PluginLibraries = _plugins,
            ProfileCopies = _options.Bench.Sessions,
            Raw = _options.SaveEngine is not null,
        });
        TrtExecOptions options = _options with { Help = _options.Help || empty, Notes = _notes };
        if (!options.Help && options.Onnx is null && options.LoadEngine is null)
        {
            throw new UsageException("No model: give --onnx=FILE or --loadEngine=FILE.");
        }

        if (options.LoadEngine is not null && options.Onnx is not null)
        {
            throw new UsageException("--onnx and --loadEngine are two sources of one engine; give one.");
        }

        if (options.LoadEngine is not null && options.SaveEngine is not null)
        {
            throw new UsageException("--saveEngine needs --onnx: an engine that is loaded is a file already.");
        }

        return options;
    }

    private void Build(Func<EngineBuildOptions, EngineBuildOptions> change) => _options = _options with { Build = change(_options.Build) };

    private void Bench(Func<EngineBenchOptions, EngineBenchOptions> change) => _options = _options with { Bench = change(_options.Bench) };

    private void Shapes(Func<(string? Min, string? Opt, string? Max), (string? Min, string? Opt, string? Max)> change) =>
        _profiles[_profile] = change(_profiles.GetValueOrDefault(_profile));

    private static string Join(string? before, string added) => before is null ? added : $"{before},{added}";

    private static Dictionary<string, string> NamedFiles(string value)
    {
        var files = new Dictionary<string, string>();
        foreach (string entry in ShapeGrammar.SplitOutsideQuotes(value, ','))
        {
            // The name ends at the first colon, since paths may hold more; a name with a colon is quoted.
            (string name, string file) = entry.StartsWith('\'') && entry.IndexOf("':", 1, StringComparison.Ordinal) is > 0 and int end
                ? (entry[1..end], entry[(end + 2)..])
                : entry.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon ? (entry[..colon], entry[(colon + 1)..]) : ("", "");
            if (name.Length == 0 || file.Length == 0)
            {
                throw new UsageException($"--loadInputs '{entry}' is not NAME:FILE.");
            }

            files[name] = file;
        }

        return files;
    }

    private static HardwareCompatibility Hardware(string value) => value switch
    {
        "none" => HardwareCompatibility.Same,
        "ampere+" => HardwareCompatibility.AmperePlus,
        "sameComputeCapability" => HardwareCompatibility.SameComputeCapability,
        _ => throw new UsageException($"--hardwareCompatibilityLevel '{value}' is unknown; trtexec knows none, ampere+ and sameComputeCapability."),
    };

    private static int Integer(string name, string value, int min, int max) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw new UsageException($"{name} '{value}' is no whole number from {min} to {max}.");

    private static double Number(string name, string value, double min, double max) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= min && number <= max
            ? number
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{name} '{value}' is no number from {min} to {max}."));
}
