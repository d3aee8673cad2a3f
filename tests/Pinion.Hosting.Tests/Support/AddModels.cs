using System.Collections.Concurrent;
using Pinion.Tests.Support;

namespace Pinion.Hosting.Tests.Support;

/// <summary>Plans of y = x + N, batches of 1 to 16 rows of 4 floats, each built once.</summary>
internal static class AddModels
{
    public const int Columns = 4;
    public const int MaxBatch = 16;

    private static readonly ConcurrentDictionary<int, Lazy<byte[]>> Plans = new();

    /// <summary>Writes the plan as deployments do: beside its place, then renamed.</summary>
    public static string Save(string path, int addend = 1)
    {
        string partial = path + ".partial";
        File.WriteAllBytes(partial, Plan(addend));
        File.Move(partial, path, overwrite: true);
        return path;
    }

    public static byte[] Plan(int addend) => Plans.GetOrAdd(addend, _ => new Lazy<byte[]>(() =>
    {
        OnnxModel model = new OnnxModel().Input("x", OnnxType.Float32, "batch", Columns).Output("y", OnnxType.Float32, "batch", Columns)
            .Constant("addend", [1], [addend]).Node("Add", "x addend", "y");
        using Plan plan = EngineBuilder.Build(model.ToBytes(), new EngineBuildOptions
        {
            Profiles = [new OptimizationProfile().Add("x", [1, Columns], [4, Columns], [MaxBatch, Columns])],
            ProfileCopies = 8,
        });
        return plan.Bytes.ToArray();
    })).Value;

    public static TensorInput Row(float value) => TensorInput.Create("x", [1, Columns], Enumerable.Repeat(value, Columns).ToArray());

    /// <summary>What the model makes of a row of this value.</summary>
    public static async Task<float> AddAsync(InferenceModel model, float value)
    {
        using InferenceResult result = await model.InferAsync(Row(value));
        return result.GetOutput<float>("y")[Columns - 1];
    }
}
