using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

public sealed class SuiteModelsTests
{
    private static readonly ISuiteModelSource Zoo = new ZooNames();

    [Test]
    public void Patterns_find_models_once()
    {
        Assert.That(SuiteModels.Resolve([], Zoo), Has.Count.EqualTo(21), "all of them unless told");
        Assert.That(SuiteModels.Resolve(["zoo:res2net*", "ZOO:Res2Net50_26w_4s"], Zoo).Select(s => s.Model.Name), Is.Unique.And.All.StartsWith("zoo:Res2Net").And.Exactly(8).Items);
        Assert.That(SuiteModels.Resolve(["zoo:DPN?8"], Zoo).Select(s => s.SourceName), Is.EqualTo(["DPN68", "DPN98"]));
        Assert.That(() => SuiteModels.Resolve(["zoo:DPN*9"], Zoo), Throws.TypeOf<BenchmarkSettingException>());
        Assert.That(() => SuiteModels.Resolve([], null), Throws.TypeOf<BenchmarkSettingException>(), "no source, no models");
        Assert.That(() => SuiteModels.Resolve(["zoo:DPN68"], null), Throws.TypeOf<BenchmarkSettingException>().With.Message.Contains("no .onnx file"));
    }

    [Test]
    public void Files_of_one_name_keep_apart()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        string other = Path.Combine(folder["a"], Path.GetFileName(Models.AddOne));
        File.Copy(Models.AddOne, other);
        IReadOnlyList<SuiteSubject> subjects = SuiteModels.Resolve([Models.AddOne, other, Models.AddOne], null);
        Assert.That(subjects.Select(s => s.Slug), Is.EqualTo(["addone", "addone_2"]));
        SuiteProtocol protocol = new SuiteOptions("x") { Batches = [1, 2] }.ToProtocol();
        Assert.That(SuitePlan.Cells(subjects, protocol).Select(c => c.Key), Is.Unique.And.Exactly(8).Items);
    }

    [Test]
    public void Weights_beside_the_model_are_part_of_its_hash()
    {
        using var folder = new TemporaryFolder();
        string model = new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4)
            .ExternalConstant("w", [4], "weights.bin").Node("Add", ["x", "w"], ["y"]).Save(folder["m.onnx"]);
        Assert.That(OnnxExternalData.Find(model), Is.Empty, "the file is not there");
        string without = SuiteModels.Hash(model);
        File.WriteAllBytes(folder["weights.bin"], new byte[16]);
        Assert.That(OnnxExternalData.Find(model), Is.EqualTo([folder["weights.bin"]]));
        string with = SuiteModels.Hash(model);
        File.WriteAllBytes(folder["weights.bin"], [1, .. new byte[15]]);
        Assert.That(new[] { without, with, SuiteModels.Hash(model) }, Is.Unique);
        File.WriteAllBytes(folder["junk.onnx"], [0xFF, 0xFF, 0xFF, 1, 2, 3]);
        Assert.That(OnnxExternalData.Find(folder["junk.onnx"]), Is.Empty);
    }

    [Test]
    public void Counts_are_those_of_the_cells_shapes()
    {
        ModelCounts counts = ModelCounter.Count(Models.Dense, new Dictionary<string, TensorShape> { ["features"] = [3, 8], ["elsewhere"] = [1] });
        Assert.That((counts.Macs, counts.WeightElements, counts.ProductElements, counts.Problem), Is.EqualTo((3L * 8 * 4, 32L, 3L * 4, (string?)null)));
    }

    [Test]
    public void Shapes_go_to_the_models_that_have_the_input()
    {
        var shapes = new CellShapes(["x:1x3,y:2x2", "m.onnx=x:1x9"]);
        TensorInfo x = new("x", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, -1));
        TensorInfo z = new("z", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, -1));
        Assert.That(shapes.For("/a/other.onnx", [x], []).Shapes.Select(s => s.Shape.ToString()), Is.EqualTo(["1x3"]));
        Assert.That(shapes.For("/a/m.onnx", [z], []).Shapes, Is.Empty);
        TensorInfo batched = new("x", TensorMode.Input, TensorDataType.Float32, new TensorShape(-1, 224));
        Assert.That(shapes.For("/a/other.onnx", [batched], []).Shapes, Is.Empty, "its size is fixed beside the batch");
        Assert.That(shapes.Unmatched([("/a/other.onnx", [x])]), Is.EqualTo(["x:1x3,y:2x2", "m.onnx=x:1x9"]));
        Assert.That(shapes.OneImage("/a/m.onnx").Keys, Is.EquivalentTo(["x", "y"]));
    }

    [Test]
    public void Protocols_are_what_they_say()
    {
        SuiteProtocol trtexec = new SuiteOptions("x").ToProtocol();
        Assert.That((trtexec.WarmUpMs, trtexec.DurationSeconds, trtexec.Iterations, trtexec.Runs), Is.EqualTo((200.0, 3.0, 10, (int?)null)));
        Assert.That((trtexec.Batches, trtexec.Precisions), Is.EqualTo((new[] { 1, 4, 8 }, new[] { "fp32", "fp16" })));
        SuiteProtocol paddle = new SuiteOptions("x") { Protocol = SuiteMethod.PaddleClas }.ToProtocol();
        Assert.That((paddle.Runs, paddle.DroppedRuns, paddle.Iterations, paddle.WarmUpMs, paddle.DurationSeconds), Is.EqualTo(((int?)2100, (int?)100, 2000, 0.0, 0.0)));
        SuiteProtocol quick = new SuiteOptions("x") { Quick = true }.ToProtocol();
        Assert.That((quick.Batches, quick.Precisions, quick.DurationSeconds), Is.EqualTo((new[] { 1 }, new[] { "fp32" }, 0.5)));
    }

    private sealed class ZooNames : ISuiteModelSource
    {
        public string Prefix => "zoo:";

        public IReadOnlyList<string> Names { get; } = [.. Pinion.Zoo.ZooCatalog.Models.Select(m => m.Name)];

        public SuiteModel Describe(string name) => new(Prefix + name, name, null, null, null, null, null, null, null, null, []);

        public void Write(string name, string path, ulong seed, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
