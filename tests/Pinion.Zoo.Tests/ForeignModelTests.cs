using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>Shape inference against ONNX Runtime, on models that the zoo did not write.</summary>
[TestFixture]
public sealed class ForeignModelTests
{
    /// <summary>Foreign models, exported by another tool: every shape that is inferred is the one ONNX Runtime arrives at.</summary>
    [TestCase("ch_PP-OCRv4_det_infer.onnx", new long[] { 1, 3, 320, 448 })]
    [TestCase("ch_PP-OCRv4_rec_infer.onnx", new long[] { 2, 3, 48, 320 })]
    [TestCase("ch_ppocr_mobile_v2.0_cls_infer.onnx", new long[] { 3, 3, 48, 192 })]
    public void Shapes_of_foreign_models_equal_those_at_run_time(string file, long[] shape)
    {
        string? models = Environment.GetEnvironmentVariable("PINION_TEST_MODELS");
        if (models is null || !File.Exists(Path.Combine(models, file)))
        {
            Assert.Ignore($"PINION_TEST_MODELS names no folder with {file}");
        }

        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        File.Copy(Path.Combine(models!, file), path);
        var options = new OnnxShapeOptions { InputShapes = new Dictionary<string, IReadOnlyList<long>> { ["x"] = shape } };
        OnnxModelReport report = OnnxModelCounter.Count(path, options);
        Assert.That(report.Uncounted, Is.Empty);

        // Only values that products, convolutions and norms make: those are floats for certain.
        string[] operators = ["Conv", "ConvTranspose", "MatMul", "BatchNormalization", "Relu", "Sigmoid", "HardSigmoid", "Softmax", "Resize", "GlobalAveragePool"];
        var nodes = Exports.Load(path).Graph.Node.Zip(report.Nodes)
            .Where(p => operators.Contains(p.First.OpType))
            .ToDictionary(p => p.First.Output[0], p => p.Second.OutputShape);
        ActivationTests.AddOutputs(path, nodes.Keys);
        using var model = new OrtModel(path, optimize: false);
        string[] names = [.. nodes.Keys];
        OrtTensor[] values = model.Run("x", new OrtTensor(shape, new float[shape.Aggregate(1L, (a, b) => a * b)]), names);
        for (int i = 0; i < names.Length; ++i)
        {
            Assert.That(nodes[names[i]], Is.EqualTo(values[i].Shape), names[i]);
        }

        Assert.That(names, Has.Length.GreaterThan(40));
    }
}
