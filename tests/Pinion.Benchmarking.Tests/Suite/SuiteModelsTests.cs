using Pinion.Cli.Suite;
using Pinion.Cli.Suite.Models;
using Pinion.Cli.Suite.Run;
using Pinion.Cli.Suite.Worker;
using Pinion.Tests.Support;

namespace Pinion.Cli.Tests.Suite;

public sealed class SuiteModelsTests
{
    [Test]
    public void PatternsFindModelsOnce()
    {
        Assert.That(SuiteModels.Resolve([]), Has.Count.EqualTo(21), "all of them unless told");
        Assert.That(SuiteModels.Resolve(["zoo:res2net*", "ZOO:Res2Net50_26w_4s"]).Select(s => s.Model.Name), Is.Unique.And.All.StartsWith("zoo:Res2Net").And.Exactly(8).Items);
        Assert.That(SuiteModels.Resolve(["zoo:DPN?8"]).Select(s => s.ZooName), Is.EqualTo(["DPN68", "DPN98"]));
        Assert.That(() => SuiteModels.Resolve(["zoo:DPN*9"]), Throws.TypeOf<UsageException>());
    }

    [Test]
    public void TheZooComesWithPublishedFiguresAndCounts()
    {
        SuiteModel model = ModelZoo.Describe("alt_gvt_base");
        Assert.That(model.PublishedLatencies.First(l => l is { Gpu: "V100", Precision: "fp32", Batch: 8 }).LatencyMs, Is.EqualTo(19.93));
        Assert.That(model.PublishedLatencies.Select(l => l.Source), Has.None.Empty);
        Assert.That(model.Published!.Top1, Is.EqualTo(0.8315));
        Assert.That(model.Parameters, Is.InRange(55_000_000, 57_000_000));
        Assert.That(model.LinearMacs + model.ConvMacs + model.AttentionMacs, Is.InRange(8_000_000_000, 9_000_000_000));
        Assert.That(ModelZoo.Describe("TNT_small").PublishedLatencies, Is.Empty, "none was published");
    }

    [Test]
    public void FilesOfOneNameKeepApart()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        string other = Path.Combine(folder["a"], Path.GetFileName(SuiteBench.AddOne));
        File.Copy(SuiteBench.AddOne, other);
        IReadOnlyList<SuiteSubject> subjects = SuiteModels.Resolve([SuiteBench.AddOne, other, SuiteBench.AddOne]);
        Assert.That(subjects.Select(s => s.Slug), Is.EqualTo(["addone", "addone_2"]));
        SuiteProtocol protocol = new SuiteSettings("x") { Batches = [1, 2] }.ToProtocol();
        Assert.That(SuitePlan.Cells(subjects, protocol).Select(c => c.Key), Is.Unique.And.Exactly(8).Items);
    }

    [Test]
    public void WeightsBesideTheModelArePartOfItsHash()
    {
        using var folder = new TemporaryFolder();
        string model = new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4)
            .ExternalConstant("w", [4], "weights.bin").Node("Add", "x w", "y").Save(folder["m.onnx"]);
        Assert.That(ExternalData.Find(model), Is.Empty, "the file is not there");
        string without = SuiteModels.Hash(model);
        File.WriteAllBytes(folder["weights.bin"], new byte[16]);
        Assert.That(ExternalData.Find(model), Is.EqualTo([folder["weights.bin"]]));
        string with = SuiteModels.Hash(model);
        File.WriteAllBytes(folder["weights.bin"], [1, .. new byte[15]]);
        Assert.That(new[] { without, with, SuiteModels.Hash(model) }, Is.Unique);
        File.WriteAllBytes(folder["junk.onnx"], [0xFF, 0xFF, 0xFF, 1, 2, 3]);
        Assert.That(ExternalData.Find(folder["junk.onnx"]), Is.Empty);
    }

    [Test]
    public void CountsAreThoseOfTheCellsShapes()
    {
        ModelCounts counts = ModelCounter.Count(SuiteBench.Dense, new Dictionary<string, long[]> { ["features"] = [3, 8], ["elsewhere"] = [1] });
        Assert.That((counts.Macs, counts.WeightElements, counts.ProductElements, counts.Problem), Is.EqualTo((3L * 8 * 4, 32L, 3L * 4, (string?)null)));
    }

    [Test]
    public void ShapesGoToTheModelsThatHaveTheInput()
    {
        var shapes = new CellShapes(["x:1x3,y:2x2", "m.onnx=x:1x9"]);
        TensorInfo x = new("x", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, -1));
        TensorInfo z = new("z", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, -1));
        Assert.That(shapes.For("/a/other.onnx", [x], []).Shapes.Select(s => TensorText.Shape(s.Dimensions)), Is.EqualTo(["1x3"]));
        Assert.That(shapes.For("/a/m.onnx", [z], []).Shapes, Is.Empty);
        TensorInfo batched = new("x", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, 224));
        Assert.That(shapes.For("/a/other.onnx", [batched], []).Shapes, Is.Empty, "its size is fixed beside the batch");
        Assert.That(shapes.Unmatched([("/a/other.onnx", [x])]), Is.EqualTo(["x:1x3,y:2x2", "m.onnx=x:1x9"]));
        Assert.That(shapes.OneImage("/a/m.onnx").Keys, Is.EquivalentTo(["x", "y"]));
    }

    [Test]
    public void ProtocolsAreWhatTheySay()
    {
        SuiteProtocol trtexec = new SuiteSettings("x").ToProtocol();
        Assert.That((trtexec.WarmUpMs, trtexec.DurationSeconds, trtexec.Iterations, trtexec.Runs), Is.EqualTo((200.0, 3.0, 10, (int?)null)));
        Assert.That((trtexec.Batches, trtexec.Precisions), Is.EqualTo((new[] { 1, 4, 8 }, new[] { "fp32", "fp16" })));
        SuiteProtocol paddle = new SuiteSettings("x") { Protocol = "paddleclas" }.ToProtocol();
        Assert.That((paddle.Runs, paddle.DroppedRuns, paddle.Iterations, paddle.WarmUpMs, paddle.DurationSeconds), Is.EqualTo(((int?)2100, (int?)100, 2000, 0.0, 0.0)));
        SuiteProtocol quick = new SuiteSettings("x") { Quick = true }.ToProtocol();
        Assert.That((quick.Batches, quick.Precisions, quick.DurationSeconds), Is.EqualTo((new[] { 1 }, new[] { "fp32" }, 0.5)));
    }
}
