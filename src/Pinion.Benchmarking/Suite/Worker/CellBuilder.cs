using System.Diagnostics;

namespace Pinion.Cli.Suite.Worker;

/// <summary>Builds the engine of one model and precision, for all batches that fit the model.</summary>
internal static class CellBuilder
{
    public static BuildAnswer Run(BuildRequest request)
    {
        IReadOnlyList<TensorInfo> inputs = EngineBuilder.DescribeModel(request.Model).Inputs;
        var shapes = new CellShapes(request.Shapes);
        var options = new EngineBuildOptions
        {
            Precision = request.Precision == DataTypes.Name(Precision.Fp16) ? Precision.Fp16 : Precision.Fp32,
            TimingCachePath = request.TimingCache,
            ProfileCopies = request.ProfileCopies,
            Profiles = Profile(request, shapes, inputs) is { } profile ? [profile] : [],
        };
        var watch = Stopwatch.StartNew();
        using Plan plan = EngineBuilder.Build(request.Model, options);
        double seconds = watch.Elapsed.TotalSeconds;
        plan.Save(request.Plan);
        return new BuildAnswer(seconds, plan.SizeBytes);
    }

    /// <summary>A model of a fixed batch refuses the others; their cells say so when they are measured.</summary>
    private static OptimizationProfile? Profile(BuildRequest request, CellShapes shapes, IReadOnlyList<TensorInfo> inputs)
    {
        var variants = new List<Variant>();
        UsageException? refusal = null;
        foreach (int batch in request.Batches)
        {
            try
            {
                variants.AddRange(shapes.For(request.Model, inputs, [batch]).ForModel(inputs));
            }
            catch (UsageException e)
            {
                refusal ??= e;
            }
        }
        return variants.Count == 0 && refusal is not null ? throw refusal : ShapeRequest.DeriveProfile(inputs, variants);
    }
}
