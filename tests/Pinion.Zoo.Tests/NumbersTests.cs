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
}
