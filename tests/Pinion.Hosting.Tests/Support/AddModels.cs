namespace Pinion.Hosting.Tests;

/// <summary>Plans of y = x + N, batches of 1 to 16 rows of 4 floats.</summary>
internal static class AddModels
{
    public const int Columns = 4;
    public const int MaxBatch = 16;

    /// <summary>Writes the plan as deployments do: beside its place, then renamed.</summary>
    public static string Save(string path, int addend = 1)
    {
        string partial = path + ".partial";
        File.Copy(PlanOf(addend), partial);
        File.SetLastWriteTimeUtc(partial, DateTime.UtcNow);
        File.Move(partial, path, overwrite: true);
        return path;
    }

    /// <summary>Writes the model in the same way.</summary>
    public static string SaveOnnx(string path, int addend = 1)
    {
        string partial = path + ".partial";
        File.WriteAllBytes(partial, ModelOf(addend).ToBytes());
        File.Move(partial, path, overwrite: true);
        return path;
    }

    public static byte[] Plan(int addend) => File.ReadAllBytes(PlanOf(addend));

    public static TensorInput Row(float value) => TensorInput.Create("x", [1, Columns], Enumerable.Repeat(value, Columns).ToArray());

    /// <summary>What the model makes of a row of this value.</summary>
    public static async Task<float> AddAsync(InferenceModel model, float value)
    {
        using InferenceResult result = await model.InferAsync(Row(value));
        return result.GetOutput<float>("y")[Columns - 1];
    }

    private static string PlanOf(int addend) => TestPlans.PlanOf(
        $"add{addend}", ModelOf(addend), TestModels.AddOneProfile);

    private static OnnxModel ModelOf(int addend) =>
        new OnnxModel().Input("x", OnnxType.Float32, "batch", Columns).Output("y", OnnxType.Float32, "batch", Columns)
            .Constant("addend", [1], [(float)addend]).Node("Add", ["x", "addend"], ["y"]);
}
