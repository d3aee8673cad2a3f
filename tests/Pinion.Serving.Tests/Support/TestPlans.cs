using Pinion.TestSupport;

namespace Pinion.Serving.Tests;

/// <summary>Plans of small models, each built once for all tests.</summary>
[SetUpFixture]
internal sealed class TestPlans
{
    private static readonly TemporaryFolder Folder = new();
    private static readonly Lock Building = new();

    /// <summary>y = x + 1, batches of 1 to 8 rows of 4 floats.</summary>
    public static string AddOne => Adding(1, "addone");

    /// <summary>y = x + 2, otherwise the same.</summary>
    public static string AddTwo => Adding(2, "addtwo");

    /// <summary>y = log x, whose answers can be NaN and infinite.</summary>
    public static string Log => Plan(
        "log",
        () => new OnnxModel().Input("x", OnnxType.Float32, "batch", 2).Output("y", OnnxType.Float32, "batch", 2).Node("Log", ["x"], ["y"]),
        new OptimizationProfile().Add("x", [1, 2], [1, 2], [4, 2]));

    /// <summary>sum = left + right and difference = left - right, batch and width dynamic.</summary>
    public static string Sum => Plan(
        "sum",
        () => new OnnxModel().Input("left", OnnxType.Float32, "batch", "width").Input("right", OnnxType.Float32, "batch", "width")
            .Output("sum", OnnxType.Float32, "batch", "width").Output("difference", OnnxType.Float32, "batch", "width")
            .Node("Add", ["left", "right"], ["sum"]).Node("Sub", ["left", "right"], ["difference"]),
        new OptimizationProfile().Add("left", [1, 2], [2, 8], [8, 4096]).Add("right", [1, 2], [2, 8], [8, 4096]));

    /// <summary>An image's size: 1x3x224x224 floats in, one of four rows of it out.</summary>
    public static string Image => Plan(
        "image",
        () => new OnnxModel().Input("x", OnnxType.Float32, "batch", 3, 224, 224).Output("y", OnnxType.Float32, "batch", 3, 224, 224).Node("Identity", ["x"], ["y"]),
        new OptimizationProfile().Add("x", [1, 3, 224, 224], [1, 3, 224, 224], [2, 3, 224, 224]));

    /// <summary>y = x, rows of 6 elements.</summary>
    public static string IdentityOf(OnnxType type) => Plan(
        $"identity-{type}",
        () => new OnnxModel().Input("x", type, "batch", 6).Output("y", type, "batch", 6).Node("Identity", ["x"], ["y"]),
        new OptimizationProfile().Add("x", [1, 6], [1, 6], [4, 6]));

    [OneTimeTearDown]
    public void Delete() => Folder.Dispose();

    private static string Adding(float value, string name) => Plan(
        name,
        () => new OnnxModel().Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4).Constant("c", [1], [value]).Node("Add", ["x", "c"], ["y"]),
        new OptimizationProfile().Add("x", [1, 4], [4, 4], [8, 4]));

    private static string Plan(string name, Func<OnnxModel> model, OptimizationProfile profile)
    {
        lock (Building)
        {
            string path = Folder[name + ".plan"];
            if (!File.Exists(path))
            {
                using Plan plan = EngineBuilder.Build(model().ToBytes(), new EngineBuildOptions { Profiles = [profile], ProfileCopies = 8 });
                plan.Save(path);
            }

            return path;
        }
    }
}
