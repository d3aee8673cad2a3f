namespace Pinion.TestSupport;

/// <summary>Models and the profiles they are built with.</summary>
internal static class TestModels
{
    public const int Features = 8;
    public const int Classes = 4;

    /// <summary>y = x, 16 floats, static.</summary>
    public static OnnxModel Identity { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, 16).Output("y", OnnxType.Float32, 16).Node("Identity", ["x"], ["y"]);

    /// <summary>y = x + 1, batches of 4 floats.</summary>
    public static OnnxModel AddOne { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 4).Output("y", OnnxType.Float32, "batch", 4)
        .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]);

    public static OptimizationProfile AddOneProfile => new OptimizationProfile().Add("x", [1, 4], [4, 4], [16, 4]);

    /// <summary>sum = left + right, where batch and width are dynamic.</summary>
    public static OnnxModel Sum { get; } = new OnnxModel()
        .Input("left", OnnxType.Float32, "batch", "width").Input("right", OnnxType.Float32, "batch", "width")
        .Output("sum", OnnxType.Float32, "batch", "width").Node("Add", ["left", "right"], ["sum"]);

    public static OptimizationProfile SumProfile =>
        new OptimizationProfile().Add("left", [1, 2], [2, 8], [8, 32]).Add("right", [1, 2], [2, 8], [8, 32]);

    /// <summary>y = x W, batches of 8 features to 4 classes; W counts up from 0.</summary>
    public static OnnxModel Dense { get; } = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", Features).Output("y", OnnxType.Float32, "batch", Classes)
        .Constant("w", [Features, Classes], DenseWeights()).Node("MatMul", ["x", "w"], ["y"]);

    public static OptimizationProfile DenseProfile =>
        new OptimizationProfile().Add("x", [1, Features], [4, Features], [32, Features]);

    public static float[] DenseWeights() => [.. Enumerable.Range(0, Features * Classes).Select(i => (float)i)];

    public static OnnxModel IdentityOf(OnnxType type) =>
        new OnnxModel().Input("x", type, 6).Output("y", type, 6).Node("Identity", ["x"], ["y"]);
}
