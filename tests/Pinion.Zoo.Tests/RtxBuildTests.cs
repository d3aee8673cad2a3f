using NUnit.Framework;
using Pinion.Onnx;

namespace Pinion.Zoo.Tests;

/// <summary>NVIDIA's own compiler takes every network of the zoo, for GPUs that are not here.</summary>
[TestFixture]
[Category("Rtx")]
public sealed class RtxBuildTests
{
    private static readonly IEnumerable<TestCaseData> Networks =
        from name in RefNetworks.Names
        from opset in new[] { 13, 17 }
        select NumbersTests.Sized(name, new TestCaseData(name, opset));

    private static readonly IEnumerable<TestCaseData> NetworksInHalf = Networks.Select(n => n.Arguments is [_, 13] ? n.SetCategory("Large") : n);

    /// <summary>Turing's tensor cores have FP16 alone: what conversion makes must be strongly typed to the last tensor.</summary>
    [TestCaseSource(nameof(NetworksInHalf))]
    public void A_network_in_FP16_compiles_for_a_T4(string name, int opset)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        string half = folder.File("half.onnx");
        ZooExporter.Export(name, path, new ExportOptions { Opset = opset });
        Fp16Report report = Fp16Converter.Convert(path, half);
        var options = new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x3x224x224,opt=4x3x224x224,max=8x3x224x224")], Targets = GpuTarget.Parse("t4") };

        using Plan plan = EngineBuilder.Build(half, options);

        Assert.That(report.Count(NodePrecision.Fp16), Is.GreaterThan(100));
        Assert.That(plan.SizeBytes, Is.GreaterThan(report.Bytes * 9 / 10), "it holds the weights");
        Assert.That(plan.Description.Inputs.Concat(plan.Description.Outputs).Select(t => t.DataType), Is.All.EqualTo(TensorDataType.Float32));
    }

    [TestCaseSource(nameof(Networks))]
    public void A_network_compiles_at_both_opsets(string name, int opset)
    {
        Assert.That(PinionRuntime.Info.Sdk, Is.EqualTo(Sdk.Rtx));
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        ZooExporter.Export(name, path, new ExportOptions { Opset = opset });
        var options = new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=1x3x224x224,opt=4x3x224x224,max=8x3x224x224")], Targets = GpuTarget.Parse("sm80") };

        using Plan plan = EngineBuilder.Build(path, options);

        Assert.That(plan.SizeBytes, Is.GreaterThan(new FileInfo(path).Length * 9 / 10), "it holds the weights");
        Assert.That(plan.Description.Outputs.Single().Shape, Is.EqualTo(new TensorShape(-1, 1000)));
        Assert.That(plan.Description.Profiles.Single().Inputs["x"].Max, Is.EqualTo(new TensorShape(8, 3, 224, 224)));
    }
}
