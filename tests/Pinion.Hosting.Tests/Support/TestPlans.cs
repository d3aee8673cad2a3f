using System.Collections.Concurrent;

namespace Pinion.Hosting.Tests;

/// <summary>Plan files of the test models, each built once for all tests.</summary>
internal static class TestPlans
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Paths = new();
    private static readonly TemporaryFolder Folder = new();

    /// <summary>y = x + 1, batches of 1 to 16 rows of 4 floats.</summary>
    public static string AddOne => PlanOf("addOne", TestModels.AddOne, TestModels.AddOneProfile);

    /// <summary>sum = left + right, batches of 1 to 8 rows of 2 to 32 floats.</summary>
    public static string Sum => PlanOf("sum", TestModels.Sum, TestModels.SumProfile);

    /// <summary>y = x, 16 floats, without a batch.</summary>
    public static string Identity => PlanOf("identity", TestModels.Identity);

    public static string PlanOf(string name, OnnxModel model, params OptimizationProfile[] profiles) => Paths.GetOrAdd(name, _ => new Lazy<string>(() =>
    {
        // Several sessions of one engine live at once; TensorRT before 8.6 wants a profile for each.
        using Plan plan = EngineBuilder.Build(model.ToBytes(), new EngineBuildOptions { Profiles = profiles, ProfileCopies = 8 });
        string path = Folder[$"{name}.plan"];
        plan.Save(path);
        return path;
    })).Value;

    public static void Delete() => Folder.Dispose();
}
