using Pinion.TestSupport;

namespace Pinion.Onnx.Tests;

public sealed class Fp16RecipeTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void What_is_written_is_read()
    {
        var recipe = new Fp16Recipe
        {
            Model = "m.onnx",
            ModelSha256 = "00",
            HalfInputsAndOutputs = true,
            Include = ["a*"],
            Exclude = ["Softmax"],
            Keep = [new Fp16RecipeNode("loop/inner", "why")],
            Measured = new Fp16RecipeMeasure("4 samples", 4, "host", 0.02, 0.98, null, 0.01, 0.9999, 1, double.PositiveInfinity, 0.001),
        };
        recipe.Write(_folder["r.json"]);
        var read = Fp16Recipe.Read(_folder["r.json"]);
        Assert.That(read.Measured, Is.EqualTo(recipe.Measured));
        Fp16Options options = read.ToOptions();
        Assert.That((options.HalfInputsAndOutputs, options.Include[0], options.Exclude[0], options.Keep["loop/inner"]), Is.EqualTo((true, "a*", "Softmax", "why")));
        Assert.That(File.ReadAllText(_folder["r.json"]), Does.StartWith("{\n  \"pinionFp16Recipe\": 1,").And.EndWith("}\n"), "people read it, and version control compares it");
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"pinionFp16Recipe":1,"model":"m"}""")]
    [TestCase("""{"pinionFp16Recipe":1,"model":"m","modelSha256":"0","keep":[null]}""")]
    [TestCase("""{"pinionFp16Recipe":1,"model":"m","modelSha256":"0","keep":[{"node":null,"reason":""}]}""")]
    [TestCase("""{"pinionFp16Recipe":1,"model":"m","modelSha256":"0","include":[null]}""")]
    [TestCase("""{"pinionFp16Recipe":1,"model":"m","modelSha256":"0","kept":[]}""")]
    [TestCase("""{"pinionFp16Recipe":2,"model":"m","modelSha256":"0"}""")]
    public void What_is_no_recipe_is_refused_by_name(string text)
    {
        File.WriteAllText(_folder["r.json"], text);
        Assert.That(() => Fp16Recipe.Read(_folder["r.json"]), Throws.TypeOf<InvalidDataException>().With.Message.Contains(_folder["r.json"]));
    }

    [Test]
    public void A_recipe_knows_its_model_wherever_it_lies()
    {
        Directory.CreateDirectory(_folder["elsewhere"]);
        TestModels.Dense.Save(_folder["m.onnx"]);
        var recipe = new Fp16Recipe { Model = "m.onnx", ModelSha256 = OnnxDigest.Compute(_folder["m.onnx"]) };
        File.Copy(_folder["m.onnx"], _folder["elsewhere/other.onnx"]);
        recipe.CheckIsFor("r.json", _folder["elsewhere/other.onnx"]);
        TestModels.AddOne.Save(_folder["m.onnx"]);
        Assert.That(() => recipe.CheckIsFor("r.json", _folder["m.onnx"]), Throws.TypeOf<InvalidDataException>().With.Message.Contains("'r.json' is a recipe for m.onnx"));
    }

    [Test]
    public void Weights_in_other_files_count()
    {
        File.WriteAllBytes(_folder["w"], new byte[16]);
        new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4).ExternalConstant("w", [4], "w").Node("Add", ["x", "w"], ["y"]).Save(_folder["m.onnx"]);
        string digest = OnnxDigest.Compute(_folder["m.onnx"]);
        File.WriteAllBytes(_folder["w"], [.. Enumerable.Range(0, 16).Select(i => (byte)i)]);
        Assert.That(OnnxDigest.Compute(_folder["m.onnx"]), Is.Not.EqualTo(digest));
    }

    [Test]
    public void Names_that_are_kept_are_no_patterns_and_must_exist()
    {
        new OnnxModel().Input("x", OnnxType.Float32, 4).Output("y", OnnxType.Float32, 4).Node("Sin", ["x"], ["a"], "a*").Node("Cos", ["a"], ["y"], "ab").Save(_folder["m.onnx"]);
        Fp16Report report = Fp16Converter.Convert(_folder["m.onnx"], _folder["h.onnx"], new Fp16Options { Keep = new Dictionary<string, string> { ["a*"] = "because" } });
        Assert.That(report.Decisions.Select(d => (d.Node, d.Precision, d.Reason)), Is.EqualTo([("a*", NodePrecision.Fp32, "because"), ("ab", NodePrecision.Fp16, "")]));
        Assert.That(
            () => Fp16Converter.Convert(_folder["m.onnx"], _folder["n.onnx"], new Fp16Options { Keep = new Dictionary<string, string> { ["gone"] = "" } }),
            Throws.ArgumentException.With.Message.Contains("there is no node 'gone'"));
    }

    [Test]
    public void Dynamic_inputs_get_sizes()
    {
        TestModels.Sum.Save(_folder["m.onnx"]);
        Fp16Converter.Convert(_folder["m.onnx"], _folder["h.onnx"], new Fp16Options { InputShapes = new Dictionary<string, IReadOnlyList<long>> { ["left"] = [2, 3] } });
        GraphProto graph = OnnxSkeleton.Read(_folder["h.onnx"]).Graph;
        Assert.That(graph.Input.Select(i => string.Join('x', i.Type.TensorType.Shape.Dim.Select(d => d.HasDimValue ? $"{d.DimValue}" : d.DimParam))), Is.EqualTo(["2x3", "batchxwidth"]));
        foreach ((string input, long[] shape) in new[] { ("left", new long[] { 2 }), ("middle", [2, 3]) })
        {
            Assert.That(
                () => Fp16Converter.Convert(_folder["m.onnx"], _folder["n.onnx"], new Fp16Options { InputShapes = new Dictionary<string, IReadOnlyList<long>> { [input] = shape } }),
                Throws.ArgumentException.With.Message.Contains($"'{input}'"));
        }
    }
}
