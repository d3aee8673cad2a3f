namespace Pinion.Onnx.Tests;

public sealed class ShapeInferenceTests
{
    private static readonly OnnxModel Model = new OnnxModel()
        .Input("x", OnnxType.Float32, "batch", 3, "width")
        .Output("y", OnnxType.Float32, "batch", "elements")
        .Constant("target", [2], [0, -1])
        .Node("Relu", ["x"], ["r"])
        .Node("Reshape", ["r", "target"], ["y"])
        .Node("SomethingOfTheirs", ["x"], ["unknown"]);

    [Test]
    public void Open_dimensions_stay_open_and_the_batch_is_one()
    {
        IReadOnlyDictionary<string, IReadOnlyList<long?>> shapes = OnnxShapeInference.Infer(Model.Proto);
        Assert.That(shapes["x"], Is.EqualTo(new long?[] { 1, 3, null }));
        Assert.That(shapes["r"], Is.EqualTo(new long?[] { 1, 3, null }));
        Assert.That(shapes["y"], Is.EqualTo(new long?[] { 1, null }));
        Assert.That(shapes.Keys, Does.Not.Contain("unknown"));
    }

    [Test]
    public void Given_shapes_reach_the_outputs()
    {
        var options = new OnnxShapeOptions { InputShapes = new Dictionary<string, IReadOnlyList<long>> { ["x"] = [2, 3, 40] } };
        Assert.That(OnnxShapeInference.Infer(Model.Proto, options)["y"], Is.EqualTo(new long?[] { 2, 120 }));
    }

    [Test]
    public void A_model_without_a_graph_is_refused() => Assert.That(() => OnnxShapeInference.Infer(new ModelProto()), Throws.ArgumentException);
}
