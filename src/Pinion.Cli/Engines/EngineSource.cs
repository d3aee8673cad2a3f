using Pinion.Fp16;

namespace Pinion.Cli;

/// <summary>An engine ready to run, whether it came from a plan or was built from a model just now.</summary>
internal sealed class EngineSource : IDisposable
{
    private EngineSource(string path, Engine engine, Precision? precision, IReadOnlyList<EngineShapes> variants, double? buildSeconds)
    {
        Path = path;
        Engine = engine;
        Precision = precision;
        Variants = variants;
        BuildSeconds = buildSeconds;
    }

    public string Path { get; }

    public Engine Engine { get; }

    /// <summary>What the plan was built for; null for plans without Pinion's header.</summary>
    public Precision? Precision { get; }

    /// <summary>The shapes that were asked for, one per batch.</summary>
    public IReadOnlyList<EngineShapes> Variants { get; }

    public double? BuildSeconds { get; }

    public static bool IsModel(string path) => ModelFile.IsZoo(path) || path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    public static EngineSource Open(
        CommandContext context, string path, ShapeRequest request, InputValues values, EngineBuildOptions build, EngineLoadOptions load,
        IReadOnlyList<string> givenForBuilding)
    {
        if (IsModel(path))
        {
            return OpenModel(context, path, request, values, build, load);
        }

        return givenForBuilding.Count == 0
            ? OpenPlan(context, path, request, values, load)
            : throw new UsageException($"{givenForBuilding[0]} says how a model is built; {path} is a plan, built already. Leave it out, or give the .onnx model.");
    }

    private static EngineSource OpenPlan(CommandContext context, string path, ShapeRequest request, InputValues values, EngineLoadOptions load)
    {
        Files.RequireFile(path);
        Engine engine = Files.About(path, () => Engine.Load(path, load));
        try
        {
            IReadOnlyList<EngineShapes> variants = values.AddShapes(request, engine.Inputs, context.Terminal.Note).ForEngine(engine.Inputs, engine.Profiles);
            return new EngineSource(path, engine, engine.Description.Precision, variants, null);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    private static EngineSource OpenModel(
        CommandContext context, string path, ShapeRequest request, InputValues values, EngineBuildOptions build, EngineLoadOptions load)
    {
        using var model = ModelFile.Open(path, context.Terminal.Note, context.Token);
        IReadOnlyList<TensorInfo> inputs = model.Use(EngineBuilder.DescribeModel).Inputs;
        ShapeRequest shapes = values.AddShapes(request, inputs, context.Terminal.Note);
        if (build.Profiles.Count == 0)
        {
            IReadOnlyList<EngineShapes> wanted = shapes.ForModel(inputs);
            build = ShapeRequest.DeriveProfile(inputs, wanted) is { } profile ? build with { Profiles = [profile] } : build;
            string text = string.Join(" and ", wanted.Distinct());
            context.Terminal.Note($"{path} is a model: building it in memory ({build.Precision.GetName().ToUpperInvariant()}) for {text}.");
        }
        else
        {
            context.Terminal.Note($"{path} is a model: building it in memory ({build.Precision.GetName().ToUpperInvariant()}).");
        }

        double seconds = 0;
        Plan plan = build.Precision == Pinion.Precision.Fp16
            ? model.Use(path => VerifiedBuild.Run(path, new VerifiedBuildOptions { Engine = build, Verify = false, Build = Make }, cancellation: context.Token).Plan) : model.Use(path => Make(path, build));
        using (plan)
        {
            // Whoever built it just now trusts it.
            var engine = Engine.Load(plan, load with { AllowHostCode = true });
            try
            {
                return new EngineSource(path, engine, build.Precision, shapes.ForEngine(engine.Inputs, engine.Profiles), seconds);
            }
            catch
            {
                engine.Dispose();
                throw;
            }
        }

        Plan Make(string onnx, EngineBuildOptions options)
        {
            (Plan made, seconds, _) = Build(context, onnx, options);
            return made;
        }
    }

    /// <summary>Builds in this process, with progress on standard error; Ctrl-C stops it.</summary>
    public static (Plan Plan, double Seconds, IsolatedBuild? Build) Build(CommandContext context, string model, EngineBuildOptions options) =>
        WithProgress(context, model, progress => (EngineBuilder.BuildAsync(model, options, progress, context.Token).GetAwaiter().GetResult(), null));

    /// <summary>The same in a process of its own.</summary>
    public static (Plan Plan, double Seconds, IsolatedBuild? Build) BuildIsolated(CommandContext context, string model, EngineBuildOptions options, IsolationOptions isolation) =>
        WithProgress(context, model, progress =>
        {
            IsolatedBuild build = EngineBuilder.BuildIsolatedAsync(model, options, isolation, progress, context.Token).GetAwaiter().GetResult();
            return (build.Plan, build);
        });

    private static (Plan Plan, double Seconds, IsolatedBuild? Build) WithProgress(
        CommandContext context, string model, Func<IProgress<BuildProgress>, (Plan Plan, IsolatedBuild? Build)> build)
    {
        ScratchFolder.DeleteAbandoned();
        using ProgressLine progress = context.Terminal.StartProgress($"building {System.IO.Path.GetFileName(model)}");
        (Plan plan, IsolatedBuild? isolated) = build(progress);
        return (plan, progress.Elapsed.TotalSeconds, isolated);
    }

    public void Dispose() => Engine.Dispose();
}
