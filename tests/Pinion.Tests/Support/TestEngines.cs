using System.Collections.Concurrent;
using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>Engines of the test models, each built once for all tests.</summary>
internal static class TestEngines
{
    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> Plans = new();

    public static Engine Identity() => Load("identity", TestModels.Identity);

    public static Engine AddOne() => Load("addOne", TestModels.AddOne, TestModels.AddOneProfile);

    public static Engine Sum() => Load("sum", TestModels.Sum, TestModels.SumProfile);

    public static Engine Dense() => Load("dense", TestModels.Dense, TestModels.DenseProfile);

    public static Engine IdentityOf(OnnxType type) => Load($"identity of {type}", TestModels.IdentityOf(type));

    /// <summary>A copy, to be damaged at will.</summary>
    public static byte[] IdentityPlan() => [.. PlanOf("identity", TestModels.Identity)];

    private static Engine Load(string name, OnnxModel model, params OptimizationProfile[] profiles) =>
        Engine.Load(PlanOf(name, model, profiles));

    private static byte[] PlanOf(string name, OnnxModel model, params OptimizationProfile[] profiles) =>
        Plans.GetOrAdd(name, _ => new Lazy<byte[]>(() =>
        {
            // Several sessions of one engine live at once; TensorRT before 8.6 wants a profile for each.
            using Plan plan = EngineBuilder.Build(model.ToBytes(), new EngineBuildOptions { Profiles = profiles, ProfileCopies = 8 });
            return plan.Bytes.ToArray();
        })).Value;
}
