using System.Diagnostics;

namespace Pinion.Benchmarking;

/// <summary>Builds the engine of one model and precision, for all batches that fit the model.</summary>
internal static class CellBuilder
{
    public static BuildAnswer Run(BuildRequest request, CancellationToken token)
    {
        IReadOnlyList<TensorInfo> inputs = EngineBuilder.DescribeModel(request.Model).Inputs;
        var shapes = new CellShapes(request.Shapes);
        var options = new EngineBuildOptions
        {
            Precision = request.Precision == Precisions.Fp16 ? Precision.Fp16 : Precision.Fp32,
            TimingCachePath = request.TimingCache,
            ProfileCopies = request.ProfileCopies,
            Profiles = Profile(request, shapes, inputs) is { } profile ? [profile] : [],
        };
        var watch = Stopwatch.StartNew();
        using Plan plan = EngineBuilder.BuildAsync(request.Model, options, null, token).GetAwaiter().GetResult();
        double seconds = watch.Elapsed.TotalSeconds;
        plan.Save(request.Plan);
        return new BuildAnswer(seconds, plan.SizeBytes);
    }

    /// <summary>A model of a fixed batch refuses the others; their cells say so when they are measured.</summary>
    private static OptimizationProfile? Profile(BuildRequest request, CellShapes shapes, IReadOnlyList<TensorInfo> inputs)
    {
        var variants = new List<EngineShapes>();
        BenchmarkSettingException? refusal = null;
        foreach (int batch in request.Batches)
        {
            try
            {
                variants.AddRange(shapes.For(request.Model, inputs, [batch]).ForModel(inputs));
            }
            catch (BenchmarkSettingException e)
            {
                refusal ??= e;
            }
        }

        return variants.Count == 0 && refusal is not null ? throw refusal : ShapeRequest.DeriveProfile(inputs, variants);
    }
}
