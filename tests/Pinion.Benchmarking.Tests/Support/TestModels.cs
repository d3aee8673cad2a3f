using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

/// <summary>Small models, made once.</summary>
[SetUpFixture]
internal sealed class TestModels
{
    private static readonly TemporaryFolder Models = new();

    /// <summary>y = x + 1, batches of 4 floats.</summary>
    public static string AddOne { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4)
        .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]).Save(Models["addone.onnx"]);

    /// <summary>y = x W, batches of 8 features to 4 scores.</summary>
    public static string Dense { get; } = new OnnxModel()
        .Input("features", OnnxType.Float32, "batch", 8).Output("scores", OnnxType.Float32, "batch", 4)
        .Constant("w", [8, 4], [.. Enumerable.Range(0, 32).Select(i => (float)i)]).Node("MatMul", ["features", "w"], ["scores"]).Save(Models["dense.onnx"]);

    /// <summary>Its width is dynamic beside the batch.</summary>
    public static string Wide { get; } = new OnnxModel()
        .Input("line", OnnxType.Float32, "batch", "width").Output("out", OnnxType.Float32, "batch", "width").Node("Identity", ["line"], ["out"]).Save(Models["wide.onnx"]);

    [OneTimeTearDown]
    public void Clean() => Models.Dispose();
}
