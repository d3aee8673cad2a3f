namespace Pinion.TestSupport;

/// <summary>Small models in files, made once for a test project, whose [SetUpFixture] derives from this and so deletes them.</summary>
internal abstract class ModelFiles
{
    protected static readonly TemporaryFolder Folder = new();

    /// <summary>y = x + 1, batches of 4 floats.</summary>
    public static string AddOne { get; } = TestModels.AddOne.Save(Folder["addone.onnx"]);

    /// <summary>y = x W, batches of 8 features to 4 scores.</summary>
    public static string Dense { get; } = new OnnxModel()
        .Input("features", OnnxType.Float32, "batch", TestModels.Features).Output("scores", OnnxType.Float32, "batch", TestModels.Classes)
        .Constant("w", [TestModels.Features, TestModels.Classes], TestModels.DenseWeights()).Node("MatMul", ["features", "w"], ["scores"])
        .Save(Folder["dense.onnx"]);

    /// <summary>Its width is dynamic beside the batch.</summary>
    public static string Wide { get; } = new OnnxModel()
        .Input("line", OnnxType.Float32, "batch", "width").Output("out", OnnxType.Float32, "batch", "width").Node("Identity", ["line"], ["out"])
        .Save(Folder["wide.onnx"]);

    [OneTimeTearDown]
    public void Clean() => Folder.Dispose();
}
