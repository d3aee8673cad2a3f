using System.CommandLine;

namespace Pinion.Cli;

/// <summary>The options that say how an engine is built; run and bench take the first half for models.</summary>
internal sealed class BuildOptionSet
{
    private readonly List<Option> _building = [];

    private readonly Option<bool> _fp16 = new("--fp16") { Description = "Allow FP16 (default: FP32)." };
    private readonly Option<bool> _tf32 = new("--tf32") { Description = "Allow TF32 for FP32 layers on Ampere and later (default: off)." };

    private readonly Option<string[]> _profile = new("--profile")
    {
        Description = "Optimization profile, \"x:min=1x3x48x48,opt=4x3x48x320,max=8x3x48x960\"; several inputs separated by ';'; repeat for several profiles.",
        HelpName = "INPUT:min=...,opt=...,max=...",
    };

    private readonly Option<string> _minShapes = new("--min-shapes") { Description = "Smallest shapes of one profile, x:1x3x48x48,y:1x10 (default: the opt shapes).", HelpName = "SHAPES" };
    private readonly Option<string> _optShapes = new("--opt-shapes") { Description = "Shapes the profile is tuned for (default: the max shapes).", HelpName = "SHAPES" };
    private readonly Option<string> _maxShapes = new("--max-shapes") { Description = "Largest shapes of one profile (default: the opt shapes).", HelpName = "SHAPES" };
    private readonly Option<string> _workspace = new("--workspace") { Description = "Limit of the builder's scratch memory: a number with B, K, M or G, MiB without (default: TensorRT's own).", HelpName = "SIZE" };
    private readonly Option<string> _timingCache = new("--timing-cache") { Description = "Timing cache: read if it exists, merged and replaced (default: none).", HelpName = "FILE" };
    private readonly Option<int?> _optimizationLevel = new("--optimization-level") { Description = "Builder effort 0 to 5, TensorRT 8.6 and later (default: TensorRT's own, 3).", HelpName = "N" };
    private readonly Option<string[]> _plugins = new("--plugins") { Description = "TensorRT plugin library; repeat for several.", HelpName = "FILE" };
    private readonly Option<bool> _allowHostCode = HostCodeOption();
    private readonly Option<int> _device = new("--device") { Description = "Device number.", HelpName = "N", DefaultValueFactory = _ => 0 };

    private readonly Option<string> _tacticSources = new("--tactic-sources") { Description = "Tactic sources, CUBLAS,CUBLAS_LT,CUDNN,EDGE_MASK_CONVOLUTIONS,JIT_CONVOLUTIONS or none (default: TensorRT's own).", HelpName = "LIST" };
    private readonly Option<string> _profilingVerbosity = new("--profiling-verbosity") { Description = "What the engine tells of its layers: layer-names, none or detailed.", HelpName = "MODE", DefaultValueFactory = _ => "layer-names" };
    private readonly Option<bool> _versionCompatible = new("--version-compatible") { Description = "Plan that later TensorRT versions load, TensorRT 8.6 and later." };
    private readonly Option<string> _hardwareCompatibility = new("--hardware-compatibility") { Description = "Devices the plan runs on, TensorRT 8.6 and later: same, ampere+ or same-compute-capability.", HelpName = "MODE", DefaultValueFactory = _ => "same" };
    private readonly Option<bool> _renameDims = new("--rename-dims") { Description = "Dimensions that the model gives one name may have different sizes." };
    private readonly Option<bool> _stronglyTyped = new("--strongly-typed") { Description = "Types are those of the model, TensorRT 10 and later." };
    private readonly Option<string[]> _layerPrecision = new("--layer-precision") { Description = "Precision of one layer, NAME:fp32 or NAME:fp16; a * at the end of NAME matches any rest; repeat for several.", HelpName = "NAME:PRECISION" };
    private readonly Option<string> _precisionConstraints = new("--precision-constraints") { Description = "How layer precisions bind: none, prefer or obey (default: obey where --layer-precision is given).", HelpName = "MODE" };
    private readonly Option<int> _profileCopies = new("--profile-copies") { Description = "Contexts per profile that can run at once before TensorRT 8.6; later versions share profiles.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _target = new("--target")
    {
        Description = "GPUs to build for with TensorRT for RTX, which needs none of them here: t4, a10, rtx-4090, sm86, several with commas, or all (pinion targets lists them).",
        HelpName = "GPU[,GPU]",
    };

    private readonly Option<bool> _raw = new("--raw") { Description = "Write TensorRT's bytes alone, as trtexec does, without Pinion's header." };

    /// <summary>Adds the options; <paramref name="all"/> is for the build command, the rest take models beside plans.</summary>
    public void AddTo(Command command, bool all)
    {
        _building.AddRange([_fp16, _tf32, _profile, _workspace, _timingCache, _optimizationLevel, _renameDims]);
        if (all)
        {
            _building.AddRange([
                _minShapes, _optShapes, _maxShapes, _tacticSources, _profilingVerbosity, _versionCompatible, _hardwareCompatibility, _stronglyTyped,
                _layerPrecision, _precisionConstraints, _profileCopies, _target, _raw,
            ]);
        }

        foreach (Option option in _building)
        {
            if (!all)
            {
                option.Description += " For a MODEL.";
            }

            command.Add(option);
        }

        command.Add(_plugins);
        command.Add(_device);
        if (!all)
        {
            command.Add(_allowHostCode);
        }
    }

    public static Option<bool> HostCodeOption() => new("--allow-host-code") { Description = "Let a version compatible plan run the code that it carries. For plans whose origin you trust." };

    public int Device(ParseResult result) => result.GetValue(_device);

    public EngineLoadOptions LoadOptions(ParseResult result) => new() { Device = Device(result), PluginLibraries = result.GetValue(_plugins) ?? [], AllowHostCode = result.GetValue(_allowHostCode) };

    /// <summary>The options of this set that were given and make no sense for a plan.</summary>
    public IReadOnlyList<string> GivenForBuilding(ParseResult result) =>
        [.. _building.Where(o => result.GetResult(o) is { Implicit: false }).Select(o => o.Name)];

    /// <summary>All options of this set that were given.</summary>
    public IReadOnlyList<string> Given(ParseResult result) =>
        [.. _building.Append(_plugins).Append(_device).Where(o => result.GetResult(o) is { Implicit: false }).Select(o => o.Name)];

    public EngineBuildOptions Read(ParseResult result)
    {
        OptimizationProfile? lists = ProfileText.FromLists(
            Value(result, _minShapes), Value(result, _optShapes), Value(result, _maxShapes), ("--min-shapes", "--opt-shapes", "--max-shapes"));
        string[] profiles = result.GetValue(_profile) ?? [];
        if (lists is not null && profiles.Length > 0)
        {
            throw new UsageException("--profile and --min-shapes/--opt-shapes/--max-shapes both describe profiles; use one form.");
        }

        IReadOnlyList<LayerPrecision> layers = [.. (Value(result, _layerPrecision) ?? []).Select(text => ParseLayer(text, "--layer-precision"))];
        return new EngineBuildOptions
        {
            Precision = result.GetValue(_fp16) ? Precision.Fp16 : Precision.Fp32,
            AllowTf32 = result.GetValue(_tf32),
            WorkspaceBytes = result.GetValue(_workspace) is { } size ? SizeText.ParseBytes(size, "--workspace") : 0,
            OptimizationLevel = ReadLevel(result.GetValue(_optimizationLevel), "--optimization-level"),
            Profiles = lists is not null ? [lists] : [.. profiles.Select(ProfileText.Parse)],
            ProfilingVerbosity = ReadVerbosity(Value(result, _profilingVerbosity) ?? "layer-names", "--profiling-verbosity"),
            TacticSources = Value(result, _tacticSources) is { } sources ? TacticText.ParseList(sources) : null,
            HardwareCompatibility = ReadHardware(Value(result, _hardwareCompatibility) ?? "same"),
            VersionCompatible = Value(result, _versionCompatible),
            StronglyTyped = Value(result, _stronglyTyped),
            RenameDimensions = Value(result, _renameDims),
            ProfileCopies = ReadCopies(result),
            TimingCachePath = result.GetValue(_timingCache),
            LayerPrecisions = layers,
            PrecisionConstraints = ReadConstraints(Value(result, _precisionConstraints) ?? (layers.Count > 0 ? "obey" : "none"), "--precision-constraints"),
            PluginLibraries = result.GetValue(_plugins) ?? [],
            Targets = ReadTargets(Value(result, _target)),
            Raw = Value(result, _raw),
            Device = Device(result),
        };
    }

    public static int? ReadLevel(int? level, string option) =>
        level is null or (>= 0 and <= 5) ? level : throw new UsageException($"{option} {level} is out of range; TensorRT knows 0 to 5.");

    public static ProfilingVerbosity ReadVerbosity(string text, string option) => text switch
    {
        "layer-names" or "layer_names_only" or "default" => ProfilingVerbosity.LayerNames,
        "none" => ProfilingVerbosity.None,
        "detailed" or "verbose" => ProfilingVerbosity.Detailed,
        _ => throw new UsageException($"{option} '{text}' is unknown; choose layer-names, none or detailed."),
    };

    public static PrecisionConstraints ReadConstraints(string text, string option) => text switch
    {
        "none" => PrecisionConstraints.None,
        "prefer" => PrecisionConstraints.Prefer,
        "obey" => PrecisionConstraints.Obey,
        _ => throw new UsageException($"{option} '{text}' is unknown; choose none, prefer or obey."),
    };

    public static LayerPrecision ParseLayer(string text, string option)
    {
        (string? name, string precision) = ShapeText.SplitName(text, option);
        Precision? parsed = precision switch
        {
            "fp32" => Precision.Fp32,
            "fp16" => Precision.Fp16,
            _ => null,
        };
        return string.IsNullOrEmpty(name) || parsed is null
            ? throw new UsageException($"{option} '{text}' is not NAME:fp32 or NAME:fp16.")
            : new LayerPrecision(name, parsed.Value);
    }

    private static HardwareCompatibility ReadHardware(string text) => text switch
    {
        "same" or "none" => HardwareCompatibility.Same,
        "ampere+" => HardwareCompatibility.AmperePlus,
        "same-compute-capability" => HardwareCompatibility.SameComputeCapability,
        _ => throw new UsageException($"--hardware-compatibility '{text}' is unknown; choose same, ampere+ or same-compute-capability."),
    };

    private static IReadOnlyList<GpuTarget> ReadTargets(string? text)
    {
        try
        {
            return text switch
            {
                null => [],
                "" => throw new UsageException("--target is empty; name a GPU such as t4 (pinion targets lists them)."),
                _ => GpuTarget.Parse(text),
            };
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private int ReadCopies(ParseResult result)
    {
        int copies = _building.Contains(_profileCopies) ? result.GetValue(_profileCopies) : 1;
        return copies >= 1 ? copies : throw new UsageException($"--profile-copies {copies} is out of range; 1 or more is possible.");
    }

    /// <summary>The value of an option that this command may not have.</summary>
    private T? Value<T>(ParseResult result, Option<T> option) => _building.Contains(option) ? result.GetValue(option) : default;
}
