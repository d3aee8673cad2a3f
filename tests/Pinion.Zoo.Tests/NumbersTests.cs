using NUnit.Framework;
using Pinion.Zoo.Tests.OnnxRuntime;
using Pinion.Zoo.Tests.Reference;
using Pinion.Zoo.Tests.Support;

namespace Pinion.Zoo.Tests;

/// <summary>What the exported graphs compute, against a slow implementation that shares nothing with them.</summary>
[TestFixture]
public sealed class NumbersTests
{
    [TestCase("pcpvt_small", 13)]
    [TestCase("alt_gvt_small", 13)]
    [TestCase("alt_gvt_small", 17)]
    [TestCase("Res2Net50_26w_4s", 13)]
    [TestCase("Res2Net50_vd_26w_4s", 13)]
    [TestCase("TNT_small", 13)]
    [TestCase("TNT_small", 17)]
    [TestCase("DPN68", 13)]
    public void Logits_equal_those_of_the_plain_reference(string name, int opset)
    {
        OrtLibrary.Require();
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, Exports.Logits with { Opset = opset, Seed = 3 });
        float[] image = Exports.Images(1);
        using var model = new OrtModel(path);
        var actual = model.Run("x", new OrtTensor([1, 3, 224, 224], image), "logits");

        var run = new RefRun(Exports.Weights(Exports.Load(path)));
        double[] expected = RefNetworks.Logits(name, run, new RefTensor([.. image.Select(v => (double)v)], 3, 224, 224)).Data;

        Assert.That(actual.Shape, Is.EqualTo(new long[] { 1, 1000 }));
        double largest = expected.Max(Math.Abs);
        double error = actual.Data.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / largest;
        TestContext.Out.WriteLine($"{name}: largest logit {largest:F3}, error {error:E2} of it");
        Assert.That(error, Is.LessThan(1e-5));
    }

    [TestCase("pcpvt_small")]
    [TestCase("alt_gvt_small")]
    [TestCase("Res2Net50_vd_26w_4s")]
    [TestCase("TNT_small")]
    [TestCase("DPN68")]
    public void A_batch_of_eight_equals_eight_batches_of_one(string name)
    {
        OrtLibrary.Require();
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, Exports.Logits);
        float[] images = Exports.Images(8);
        using var model = new OrtModel(path);
        var together = model.Run("x", new OrtTensor([8, 3, 224, 224], images), "logits");
        Assert.That(together.Shape, Is.EqualTo(new long[] { 8, 1000 }));
        float largest = together.Data.Max(Math.Abs);
        int size = images.Length / 8;
        for (int i = 0; i < 8; ++i)
        {
            var single = model.Run("x", new OrtTensor([1, 3, 224, 224], images[(i * size)..((i + 1) * size)]), "logits");
            float error = single.Data.Zip(together.Data.Skip(i * 1000), (a, b) => Math.Abs(a - b)).Max();
            Assert.That(error / largest, Is.LessThan(1e-5), $"image {i}");
        }
    }

    [Test]
    public void Probabilities_are_the_softmax_of_the_logits()
    {
        OrtLibrary.Require();
        using var folder = new TemporaryFolder();
        var image = new OrtTensor([1, 3, 224, 224], Exports.Images(1));
        ZooExporter.Export("DPN68", folder.File("logits.onnx"), Exports.Logits);
        ZooExporter.Export("DPN68", folder.File("whole.onnx"));
        using var logitsModel = new OrtModel(folder.File("logits.onnx"));
        using var whole = new OrtModel(folder.File("whole.onnx"));
        float[] logits = logitsModel.Run("x", image, "logits").Data;
        float[] probabilities = whole.Run("x", image, "probabilities").Data;
        double sum = logits.Sum(v => Math.Exp(v - logits.Max()));
        for (int i = 0; i < logits.Length; ++i)
        {
            Assert.That(probabilities[i], Is.EqualTo(Math.Exp(logits[i] - logits.Max()) / sum).Within(1e-5));
        }
    }
}
