using System.Diagnostics;
using System.Globalization;
using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>
/// Builds an FP16 engine with a proof: converts the model, finds what must stay FP32, builds in the way that the TensorRT at hand understands, and compares the engine with
/// the FP32 model. What is beyond the limits is an error, never an engine. The verdict is kept in the plan's header.
/// </summary>
public sealed class VerifiedBuild
{
    private readonly string _model;
    private readonly VerifiedBuildOptions _options;
    private readonly WorkFolder _folder;
    private readonly IProgress<GuardProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly Stopwatch _verifying = new();
    private readonly List<string> _unfound = [];

    private VerifiedBuild(string model, VerifiedBuildOptions options, WorkFolder folder, IProgress<GuardProgress>? progress, CancellationToken cancellation)
    {
        options.Limits.Validate();
        (_model, _options, _folder, _progress, _cancellation) = (model, options, folder, progress, cancellation);
    }

    private string HalfPath => _folder.File(Path.GetFileName(_model));

    /// <summary>Converts, builds and verifies, on the calling thread.</summary>
    /// <param name="model">An ONNX file in FP32; it is not changed.</param>
    /// <param name="options">What, how and within which limits; null takes every default.</param>
    /// <param name="progress">Hears of every sample; of the build itself <see cref="VerifiedBuildOptions.Build"/> tells.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="GuardException">The engine is beyond the limits, or it cannot be verified here; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The model cannot be converted.</exception>
    /// <exception cref="PinionException">It cannot be built.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static VerifiedBuildResult Run(string model, VerifiedBuildOptions? options = null, IProgress<GuardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        using var folder = WorkFolder.Create();
        return new VerifiedBuild(model, options ?? new VerifiedBuildOptions(), folder, progress, cancellation).Run();
    }

    /// <summary>Compares the engine of a plan, here, with the FP32 model that it was built from.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The FP32 model.</param>
    /// <param name="options">Samples, limits and recipe; of its build options the device, and profiles where they are given: the plan's own otherwise.</param>
    /// <param name="progress">Hears of every sample.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The verdict, which the caller may keep by <see cref="Plan.WithMetadata"/> and <see cref="EngineVerification.MetadataKey"/>.</returns>
    /// <exception cref="GuardException">The engine is beyond the limits.</exception>
    /// <exception cref="PlanMismatchException">The plan does not run here.</exception>
    /// <exception cref="PinionException">The FP32 model cannot be built here.</exception>
    public static EngineVerification Verify(Plan plan, string model, VerifiedBuildOptions? options = null, IProgress<GuardProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentException.ThrowIfNullOrEmpty(model);
        options ??= new VerifiedBuildOptions();
        PlanDescription description = plan.Description;
        if (options.Engine.Profiles.Count == 0)
        {
            // The plan tells which shapes it takes; samples of others would not run.
            options = options with { Engine = options.Engine with { Profiles = [.. description.Profiles.Select(ToProfile)] } };
        }

        using var folder = WorkFolder.Create();
        return new VerifiedBuild(model, options, folder, progress, cancellation).Verify(plan, description);
    }

    private VerifiedBuildResult Run()
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        Sdk builder = _options.BuilderSdk ?? runtime.Sdk;
        Fp16Route route = Fp16Routes.Of(builder, runtime.TensorRtLoaded, runtime.FastFp16, _options.Engine.StronglyTyped);
        ModelDescription model = EngineBuilder.DescribeModel(_model);
        if (_options.Engine.Profiles.Count == 0 && model.Inputs.FirstOrDefault(i => i.Shape.IsDynamic) is { } open)
        {
            throw new GuardException($"input '{open.Name}' is {open.Shape}, and no profile says its sizes; give one");
        }

        Fp16Options conversion = Conversion(route);
        using SampleBench? bench = _options.Verify ? Bench(model.Inputs) : null;
        GuardReport? guard = null;
        _verifying.Start();
        bench?.CheckReference();
        // Where TensorRT itself may lower FP32 layers there is no reference to search by; the engine is compared all the same.
        bool isSearched = bench is not null && _options.Recipe is null && (route == Fp16Route.Typed || ModelRun.WhyNoReference() is null);
        if (!isSearched && _options.NewRecipe is { } unwritten)
        {
            throw new GuardException($"'{unwritten}' is to hold the recipe of a search, and here none can be made{(ModelRun.WhyNoReference() is { } why ? $": {why}" : "")}; leave it out");
        }

        if (bench is not null && isSearched)
        {
            var options = new GuardOptions { Conversion = conversion, Limits = _options.Limits, MaxTrials = _options.MaxTrials, RecipePath = _options.NewRecipe ?? _folder.File("recipe.json"), MeasureAllNodes = false };
            guard = Fp16Guard.Run(bench, HalfPath, options, _progress, _cancellation);
            // One that nobody asked for goes with the folder.
            guard = guard with { Recipe = _options.NewRecipe };
            if (!guard.IsWithinLimits)
            {
                throw new GuardException(guard.WhyRefused());
            }
        }

        _verifying.Stop();
        Fp16Report report = guard?.Conversion ?? Fp16Converter.Convert(_model, HalfPath, conversion, progress: null, _cancellation);
        // A model whose nodes all stay as they are is FP16 by its own types, or has no floats.
        if (report.Count(NodePrecision.Fp16) == 0 && report.Decisions.FirstOrDefault(d => d.Precision == NodePrecision.Fp32) is { } first)
        {
            throw new GuardException($"no node of the model can be FP16, and the engine would be an FP32 engine; '{first.Node}' ({first.Operator}): {first.Reason}");
        }

        var watch = Stopwatch.StartNew();
        Plan plan = Build(route, builder, report, model.LayerNames);
        double buildSeconds = watch.Elapsed.TotalSeconds;
        if (bench is null)
        {
            return new VerifiedBuildResult(plan, null, report, null, buildSeconds, 0);
        }

        try
        {
            _verifying.Start();
            PlanDescription description = plan.Description;
            EngineVerification verdict = Judge(bench, plan, description, guard, report);
            _verifying.Stop();
            if (!description.IsRaw)
            {
                Plan bare = plan;
                plan = bare.WithMetadata(EngineVerification.MetadataKey, verdict.ToJson());
                bare.Dispose();
            }

            return new VerifiedBuildResult(plan, verdict, report, guard, buildSeconds, _verifying.Elapsed.TotalSeconds);
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    private EngineVerification Verify(Plan plan, PlanDescription description)
    {
        ModelDescription model = EngineBuilder.DescribeModel(_model);
        // TensorRT may give an input another name, and a plan built for targets may fix dimensions.
        if (!description.IsRaw && (!AreAlike(model.Inputs, description.Inputs) || model.Outputs.Count != description.Outputs.Count))
        {
            throw new GuardException($"the plan was not built from this model: the plan takes {Text(description.Inputs)} and gives {Text(description.Outputs)}, the model takes {Text(model.Inputs)} and gives {Text(model.Outputs)}");
        }

        using SampleBench bench = Bench(model.Inputs);
        bench.CheckReference();
        using var run = ModelRun.Of(plan, bench.Samples, _options.Engine.Device);
        return JudgeEngine(bench, description, run, guard: null, report: null);
    }

    private static OptimizationProfile ToProfile(ProfileInfo info)
    {
        var profile = new OptimizationProfile();
        foreach ((string input, ShapeRange range) in info.Inputs)
        {
            profile.Add(input, range.Min, range.Opt, range.Max);
        }

        return profile;
    }

    private static bool AreAlike(IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> others) =>
        inputs.Count == others.Count && inputs.Zip(others).All(p => p.First.Shape == p.Second.Shape);

    private static string Text(IReadOnlyList<TensorInfo> inputs) => string.Join(", ", inputs.Select(i => $"{i.Name}:{i.Shape}"));

    private SampleBench Bench(IReadOnlyList<TensorInfo> inputs) =>
        new(_model, _folder.Path, _options.Samples?.Invoke(inputs) ?? GuardSamples.Seeded(_options.SeededSamples, inputs, ProfileShapes(inputs)), _options.Limits, _progress, _cancellation, _options.Engine.Device);

    /// <summary>The shapes that the engine is tuned for, with the smallest batch: what is compared is not how fast it is.</summary>
    private Dictionary<string, TensorShape> ProfileShapes(IReadOnlyList<TensorInfo> inputs)
    {
        var shapes = new Dictionary<string, TensorShape>();
        foreach (TensorInfo input in inputs.Where(i => i.Shape.IsDynamic))
        {
            if (_options.Engine.Profiles is [var profile, ..] && profile.Inputs.TryGetValue(input.Name, out ShapeRange? range))
            {
                shapes[input.Name] = input.Shape[0] < 0 ? range.Opt.WithBatch(range.Min[0]) : range.Opt;
            }
        }

        return shapes;
    }

    /// <summary>What is converted: as the recipe says, or as was asked for, without the layers that the build options keep in FP32.</summary>
    private Fp16Options Conversion(Fp16Route route)
    {
        Fp16Options conversion = _options.Conversion;
        if (_options.Recipe is { } path)
        {
            var recipe = Fp16Recipe.Read(path);
            recipe.CheckIsFor(path, _model, _cancellation);
            conversion = recipe.ToOptions();
        }

        if (route == Fp16Route.Flag)
        {
            return conversion.HalfInputsAndOutputs
                ? throw new GuardException("the model's own inputs and outputs become FP16 in a typed model only; build it strongly typed, or leave that out")
                : conversion;
        }

        if (_options.Engine is { PrecisionConstraints: PrecisionConstraints.Prefer, LayerPrecisions.Count: > 0 })
        {
            throw new GuardException("the precision constraint 'prefer' has no meaning here, where the model's types decide and each layer is what they say; leave it out");
        }

        if (_options.Engine.LayerPrecisions.FirstOrDefault(l => l.Precision == Precision.Fp16) is { } half)
        {
            throw new GuardException($"layer precision '{half.Layer}' in FP16 has no meaning here, where the model's types decide and everything is FP16 that can be; name what stays FP32");
        }

        return conversion with { Exclude = [.. conversion.Exclude, .. _options.Engine.LayerPrecisions.Select(l => l.Layer)] };
    }

    private Plan Build(Fp16Route route, Sdk builder, Fp16Report report, IReadOnlyList<string> layers)
    {
        EngineBuildOptions options = _options.Engine with { Precision = Precision.Fp32 };
        if (_options.Verify && options.ProfilingVerbosity == ProfilingVerbosity.LayerNames && builder == Sdk.Nvidia)
        {
            // The inspector tells the types of layers in detail only.
            options = options with { ProfilingVerbosity = ProfilingVerbosity.Detailed };
        }

        Func<string, EngineBuildOptions, Plan> build = _options.Build ?? ((path, o) => EngineBuilder.Build(path, o, progress: null, _cancellation));
        EngineBuildOptions typed = options with { LayerPrecisions = [], PrecisionConstraints = PrecisionConstraints.None };
        return route switch
        {
            Fp16Route.Typed => build(HalfPath, typed with { StronglyTyped = builder == Sdk.Nvidia }),
            Fp16Route.TypedWithFlag => build(HalfPath, typed with { Precision = Precision.Fp16, PrecisionConstraints = PrecisionConstraints.Prefer }),
            _ => build(_model, options with
            {
                Precision = Precision.Fp16,
                LayerPrecisions = [.. KeptLayers.Of(report, layers, _unfound), .. options.LayerPrecisions],
                PrecisionConstraints = options.PrecisionConstraints == PrecisionConstraints.Prefer ? PrecisionConstraints.Prefer : PrecisionConstraints.Obey,
            }),
        };
    }

    /// <summary>Compares the engine where it runs here, else the model that it was built from.</summary>
    private EngineVerification Judge(SampleBench bench, Plan plan, PlanDescription description, GuardReport? guard, Fp16Report report)
    {
        if (Runs(plan, bench.Samples) is { } run)
        {
            using (run)
            {
                return JudgeEngine(bench, description, run, guard, report);
            }
        }

        double limit = guard?.RelativeErrorLimit ?? Limit(bench);
        ModelError error = guard?.Final ?? bench.Compare("FP16", HalfPath, prefix: "", bench.Order(), worst: null, limit: null)!;
        return Verdict(bench, description, VerificationLevel.Model, "model", error, limit, guard, report, null, null);
    }

    private EngineVerification JudgeEngine(SampleBench bench, PlanDescription description, ModelRun run, GuardReport? guard, Fp16Report? report)
    {
        ModelError error = bench.Compare("engine", run);
        double limit = guard?.RelativeErrorLimit ?? Limit(bench);
        double? speedup = _options.Measure ? bench.Speedup(run, _options.Engine.Profiles) : null;
        return Verdict(bench, description, VerificationLevel.Device, "engine", error, limit, guard, report, run.CountLayers(), speedup);
    }

    private double Limit(SampleBench bench) => _options.Limits.MaxRelativeError ?? _options.Limits.RelativeErrorFor(
        bench.RoundedWeights(Fp16Probe.Open(_model, _options.Conversion with { InputShapes = bench.Samples.CommonShapes() }, _cancellation)).RelativeError);

    private EngineVerification Verdict(
        SampleBench bench, PlanDescription description, VerificationLevel level, string what, ModelError error, double limit, GuardReport? guard, Fp16Report? report, (int All, int Half)? layers, double? speedup)
    {
        if (!bench.IsWithin(error, limit))
        {
            throw GuardException.BeyondLimits(string.Create(
                CultureInfo.InvariantCulture,
                $"the FP16 {what} is beyond the limits on {bench.Samples.Description}: relative error {error.RelativeError:G3} (limit {limit:G3}), cosine {error.Cosine:F6} (limit {_options.Limits.MinCosine:G4})"
                + $"{(error.Top1Agreement is { } top1 ? $", top-1 agreement {top1:G4}" : "")}. {(guard is null ? "Keep more nodes in FP32, by a recipe that pinion convert --samples makes on the host, or accept more" : "The model itself is within them: TensorRT has made more of it FP16 than its types say, or computes it otherwise; keep layers in FP32, or accept more")}"));
        }

        RuntimeInfo runtime = PinionRuntime.Info;
        // What only the build knew is in the verdict that the plan has already.
        EngineVerification? former = report is null ? description.Verification : null;
        IReadOnlyList<DeviceInfo> devices = PinionRuntime.GetDevices();
        DeviceInfo device = devices.First(d => d.Index == _options.Engine.Device);
        return new EngineVerification
        {
            Level = level,
            Sdk = runtime.Sdk,
            TensorRt = $"{runtime.TensorRtLoaded ?? runtime.TensorRtCompiled}",
            Device = device.Name,
            ComputeCapability = device.ComputeCapability.ToString(),
            ModelSha256 = bench.ModelDigest,
            Samples = bench.Samples.Description,
            SampleCount = bench.Samples.Count,
            RelativeError = error.RelativeError,
            RelativeErrorLimit = limit,
            Cosine = error.Cosine,
            CosineLimit = _options.Limits.MinCosine,
            Top1Agreement = error.Top1Agreement,
            Top1Limit = bench.Top1Limit,
            RoundedWeightsRelativeError = guard is { RoundedWeights.RelativeError: var rounded } && double.IsFinite(rounded) ? rounded : former?.RoundedWeightsRelativeError,
            Fp16Nodes = report?.Count(NodePrecision.Fp16) ?? former?.Fp16Nodes,
            Fp32Nodes = report?.Decisions.Where(d => d.Precision == NodePrecision.Fp32).DistinctBy(d => d.Node).ToDictionary(d => d.Node, d => d.Reason, StringComparer.Ordinal) ?? former?.Fp32Nodes ?? new Dictionary<string, string>(),
            Layers = layers?.All,
            Fp16Layers = layers?.Half,
            Speedup = speedup,
            Warnings = report is null ? former?.Warnings ?? [] : [.. _options.Warnings?.Invoke() ?? [], .. _unfound.Select(n => $"no layer has the name of '{n}', whose precision is TensorRT's choice")],
            Checksum = description.Checksum ?? "",
        };
    }

    /// <summary>The engine, loaded; null where it is for another SDK or device than is here.</summary>
    private ModelRun? Runs(Plan plan, GuardSamples samples)
    {
        RuntimeInfo runtime = PinionRuntime.Info;
        if ((_options.BuilderSdk ?? runtime.Sdk) != runtime.Sdk || PinionRuntime.CannotRun is not null)
        {
            return null;
        }

        try
        {
            return ModelRun.Of(plan, samples, _options.Engine.Device);
        }
        catch (PlanMismatchException)
        {
            return null;
        }
    }
}
