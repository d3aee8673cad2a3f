using NUnit.Framework;

namespace Pinion.Zoo.Tests;

/// <summary>What the exported graphs compute, against a slow implementation that shares nothing with them.</summary>
[TestFixture]
public sealed class NumbersTests
{
    /// <summary>The smaller networks of every family are below; the larger ones take up to a minute each on two cores.</summary>
    private const long LargeMacs = 5_400_000_000;

    private static readonly IEnumerable<TestCaseData> Networks = RefNetworks.Names.Select(
        name => Sized(name, new TestCaseData(name)));

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
        HostEngine.Require();
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, Exports.Logits with { Opset = opset, Seed = 3 });
        float[] image = Exports.Images(1);
        using var engine = new HostEngine(path, largestBatch: 1);
        float[] actual = engine.Run(image, 1);

        var run = new RefRun(Exports.Weights(Exports.Load(path)));
        double[] expected = RefNetworks.Logits(name, run, new RefTensor([.. image.Select(v => (double)v)], 3, 224, 224)).Data;

        Assert.That(actual, Has.Length.EqualTo(1000));
        double largest = expected.Max(Math.Abs);
        double error = actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / largest;
        TestContext.Out.WriteLine($"{name}: largest logit {largest:F3}, error {error:E2} of it");
        Assert.That(error, Is.LessThan(HostEngine.Tolerance));
    }

    /// <summary>Every network builds with a profile of batches 1 to 8, and an image's row is the same in every batch.</summary>
    [TestCaseSource(nameof(Networks))]
    public void Batches_of_four_and_eight_equal_batches_of_one(string name)
    {
        HostEngine.Require();
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, Exports.Logits);
        float[] images = Exports.Images(8);
        int size = images.Length / 8;
        using var engine = new HostEngine(path, largestBatch: 8);
        float[] eight = engine.Run(images, 8);
        float[] four = engine.Run(images.AsSpan(4 * size), 4);
        Assert.That((eight.Length, four.Length), Is.EqualTo((8000, 4000)));
        float largest = eight.Max(Math.Abs);
        Assert.That(Distance(four, eight[4000..]) / largest, Is.LessThan(HostEngine.Tolerance));
        foreach (int i in new[] { 0, 3, 7 })
        {
            float[] one = engine.Run(images.AsSpan(i * size, size), 1);
            Assert.That(Distance(one, eight[(i * 1000)..((i + 1) * 1000)]) / largest, Is.LessThan(HostEngine.Tolerance), $"image {i}");
        }
        // Rows that were all alike would pass as well.
        Assert.That(Distance(eight[..1000], eight[7000..]) / largest, Is.GreaterThan(0.02));
    }

    [Test]
    public void Probabilities_are_the_softmax_of_the_logits()
    {
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

    private static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    /// <summary>A test of a network, which runs where all tests are asked for if the network is large.</summary>
    internal static TestCaseData Sized(string network, TestCaseData test) =>
        ZooDescription.Of(network).Counts.Macs.Total > LargeMacs ? test.SetCategory("Large") : test;
}
