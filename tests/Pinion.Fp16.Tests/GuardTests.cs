using System.Text.Json;

namespace Pinion.Fp16.Tests;

/// <summary>Models that FP16 harms are cured, with few nodes in FP32, and the others are left alone.</summary>
public sealed class GuardTests : GuardFixture
{
    private const int Samples = 6;

    private static IEnumerable<TestCaseData> Models => GuardModel.All.Select(m => new TestCaseData(m.Name).SetArgDisplayNames(m.Name));

    [TestCaseSource(nameof(Models))]
    public void What_FP16_harms_stays_FP32(string name)
    {
        GuardModel model = GuardModel.All.Single(m => m.Name == name);
        string path = model.Save(Folder["model.onnx"]);
        GuardReport report = Guard(path);
        Assert.That(report.Plain.RelativeError, Is.GreaterThan(report.RelativeErrorLimit), "plain FP16 is right: the model proves nothing");
        Assert.That(report.IsWithinLimits, Is.True, () => $"{report.Final.RelativeError} after {report.Trials} trials");
        Assert.That(report.Kept, Has.Count.InRange(1, model.MostKept), () => string.Join(", ", report.Kept));
        Assert.That(report.Kept.Values, Has.All.Not.Empty);
        Assert.That(report.Unmeasured, Is.Empty);

        // What was written is what was measured, and the recipe makes the same again.
        Assert.That(Error(path, Folder["half.onnx"]), Is.LessThanOrEqualTo(report.RelativeErrorLimit));
        var recipe = Fp16Recipe.Read(Folder["half.recipe.json"]);
        recipe.CheckIsFor("half.recipe.json", path);
        Fp16Report again = Fp16Converter.Convert(path, Folder["again.onnx"], recipe.ToOptions());
        Assert.That(File.ReadAllBytes(Folder["again.onnx"]), Is.EqualTo(File.ReadAllBytes(Folder["half.onnx"])));
        Assert.That(again.Decisions.Where(d => report.Kept.ContainsKey(d.Node)).Select(d => d.Precision), Has.None.EqualTo(NodePrecision.Fp16));
        Assert.That(Folder.Files(), Is.EqualTo(new[] { "again.onnx", "half.onnx", "half.recipe.json", "model.onnx" }));
    }

    [TestCaseSource(nameof(Models))]
    public void No_node_is_kept_that_need_not_be(string name)
    {
        string path = GuardModel.All.Single(m => m.Name == name).Save(Folder["model.onnx"]);
        GuardReport report = Guard(path, new GuardOptions { MaxTrials = 1000 });
        Assert.That(report.IsSmallest, Is.True);
        foreach (string spared in report.Kept.Keys)
        {
            var fewer = report.Kept.Where(k => k.Key != spared).ToDictionary(k => k.Key, k => k.Value);
            Fp16Converter.Convert(path, Folder["fewer.onnx"], new Fp16Options { Keep = fewer });
            Assert.That(Error(path, Folder["fewer.onnx"]), Is.GreaterThan(report.RelativeErrorLimit), $"without {spared}");
        }
    }

    [Test]
    public void A_model_that_FP16_does_not_harm_keeps_no_node()
    {
        string path = TestModels.Dense.Save(Folder["model.onnx"]);
        GuardReport report = Guard(path);
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Kept, Is.Empty);
        Assert.That(report.Trials, Is.Zero);
        Assert.That(report.Final, Is.SameAs(report.Plain));
        Assert.That(report.Statistics.Single().Depth, Is.EqualTo(TestModels.Features));
        Assert.That(report.Unmeasured, Is.Empty);
        Assert.That(JsonDocument.Parse(File.ReadAllText(report.Recipe!)).RootElement.GetProperty("keep").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void Statistics_tell_what_would_have_overflowed()
    {
        string path = GuardModel.All.Single(m => m.Name == "layer-norm-overflow").Save(Folder["model.onnx"]);
        GuardReport report = Guard(path);
        NodeStatistics square = report.Statistics.Single(s => s.Value == "p");
        Assert.That(square.Operator, Is.EqualTo("Pow"));
        Assert.That(square.Largest, Is.GreaterThan(65504));
        Assert.That(square.BeyondShare, Is.InRange(0.1, 1));
        Assert.That(square.OwnError, Is.EqualTo(double.PositiveInfinity));
        Assert.That(report.Statistics.Single(s => s.Value == "a").Depth, Is.EqualTo(64));
        Assert.That(report.Statistics.Single(s => s.Value == "a").OwnError, Is.InRange(1e-6, 1e-3));
        Assert.That(report.Kept["node p"], Does.Contain("'p'").And.Contain("65504"));
    }

    /// <summary>Rounding that adds up everywhere is no node's fault.</summary>
    [Test]
    public void What_no_node_cures_spends_none()
    {
        OnnxModel model = new OnnxModel("noise", opset: 17).Input("x", OnnxType.Float32, 4, 32).Output("y", OnnxType.Float32).Constant("w", [32, 32], [.. Enumerable.Range(0, 1024).Select(i => MathF.Sin(i))]);
        string last = "x";
        for (int i = 0; i < 30; i++)
        {
            model.Node("MatMul", [last, "w"], [$"a{i}"]).Node("Sin", [$"a{i}"], [i == 29 ? "y" : $"b{i}"]);
            last = $"b{i}";
        }

        string path = model.Save(Folder["model.onnx"]);
        GuardReport report = Guard(path, new GuardOptions { Limits = new GuardLimits { MaxRelativeError = 1e-4 } });
        Assert.That(report.IsWithinLimits, Is.False);
        Assert.That(report.Kept, Is.Empty);
        Assert.That(report.Conversion, Is.Null);
        Assert.That(report.RoundedWeights.RelativeError, Is.GreaterThan(1e-4));
        Assert.That(Folder.Files(), Is.EqualTo(new[] { "model.onnx" }), "nothing is written, nothing is left");
    }

    [Test]
    public void A_search_that_was_stopped_goes_on_where_it_was()
    {
        string path = GuardModel.All.Single(m => m.Name == "many-small-steps").Save(Folder["model.onnx"]);
        using var stop = new CancellationTokenSource();
        int steps = 0;
        Heard progress = new(p =>
        {
            if (p.Step.Contains("kept", StringComparison.Ordinal) && p.Done == 0 && ++steps > 6)
            {
                stop.Cancel();
            }
        });
        Assert.That(() => Guard(path, progress: progress, cancellation: stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Folder.Files(), Is.EqualTo(new[] { "half.onnx.guard.json", "model.onnx" }));

        int ran = 0;
        GuardReport report = Guard(path, progress: new Heard(p => ran += p.Step.Contains("kept", StringComparison.Ordinal) && p.Done == 0 ? 1 : 0));
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(ran, Is.LessThan(report.Trials), "trials of the first search are not run again");
        Assert.That(Folder.Files(), Is.EqualTo(new[] { "half.onnx", "half.recipe.json", "model.onnx" }));
    }

    [TestCase("")]
    [TestCase("{}")]
    public void What_another_search_has_left_is_ignored(string left)
    {
        string path = GuardModel.All.Single(m => m.Name == "deep-sum").Save(Folder["model.onnx"]);
        File.WriteAllText(Folder["half.onnx.guard.json"], left);
        Assert.That(Guard(path).Kept, Has.Count.EqualTo(2));
    }

    [Test]
    public void Trials_that_are_used_up_leave_a_larger_set_that_holds()
    {
        string path = GuardModel.All.Single(m => m.Name == "layer-norm-overflow").Save(Folder["model.onnx"]);
        GuardReport report = Guard(path, new GuardOptions { MaxTrials = 2 });
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.IsSmallest, Is.False);
        Assert.That(Error(path, Folder["half.onnx"]), Is.LessThanOrEqualTo(report.RelativeErrorLimit));
    }

    [Test]
    public void Options_of_the_conversion_hold_and_go_into_the_recipe()
    {
        string path = GuardModel.All.Single(m => m.Name == "deep-sum").Save(Folder["model.onnx"]);
        GuardReport report = Guard(path, new GuardOptions { Conversion = new Fp16Options { HalfInputsAndOutputs = true, Exclude = ["node a"] } });
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Conversion!.Decisions.Single(d => d.Node == "node a").Precision, Is.EqualTo(NodePrecision.Fp32));
        Assert.That(report.Kept.Keys, Has.None.EqualTo("node a"));
        var recipe = Fp16Recipe.Read(report.Recipe!);
        Assert.That((recipe.HalfInputsAndOutputs, recipe.Exclude.Single()), Is.EqualTo((true, "node a")));
        Assert.That(EngineBuilder.DescribeModel(Folder["half.onnx"]).Inputs.Single().DataType, Is.EqualTo(TensorDataType.Float16));
    }

    [Test]
    public void Samples_of_several_shapes_run_under_one_profile()
    {
        string path = TestModels.AddOne.Save(Folder["model.onnx"]);
        string samples = Directory.CreateDirectory(Folder["samples"]).FullName;
        foreach (int batch in new[] { 3, 1, 5 })
        {
            NpyFile.Write<float>(Path.Combine(samples, $"{batch}.npy"), [batch, 4], [.. Enumerable.Range(0, batch * 4).Select(i => i / 7f)]);
        }

        GuardReport report = Fp16Guard.Run(path, Folder["half.onnx"], GuardSamples.Open(samples, EngineBuilder.DescribeModel(path).Inputs));
        Assert.That((report.SampleCount, report.IsWithinLimits), Is.EqualTo((3, true)));
        Assert.That(report.Final.RelativeError, Is.InRange(1e-5, 1e-3));
    }

    [TestCase(0, 0.98, 64, "above 0")]
    [TestCase(double.NaN, 0.98, 64, "above 0")]
    [TestCase(0.1, 1.5, 64, "-1 to 1")]
    [TestCase(0.1, double.NaN, 64, "-1 to 1")]
    [TestCase(0.1, 0.9, 0, "1 to 10,000")]
    public void Limits_that_are_none_are_refused(double relative, double cosine, int trials, string problem)
    {
        string path = TestModels.Dense.Save(Folder["model.onnx"]);
        var options = new GuardOptions { Limits = new GuardLimits { MaxRelativeError = relative, MinCosine = cosine }, MaxTrials = trials };
        Assert.That(() => Guard(path, options), Throws.TypeOf<GuardException>().With.Message.Contains(problem));
        Assert.That(Folder.Files(), Is.EqualTo(new[] { "model.onnx" }));
    }

    private static double Error(string plain, string half)
    {
        GuardSamples samples = Seeded(plain);
        double worst = 0;
        for (int sample = 0; sample < Samples; sample++)
        {
            float[] expected = RunOnce(plain, samples, sample);
            float[] got = RunOnce(half, samples, sample);
            double error = Math.Sqrt(got.Zip(expected).Sum(p => Math.Pow((double)p.First - p.Second, 2)) / expected.Sum(v => (double)v * v));
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }

    private static float[] RunOnce(string path, GuardSamples samples, int sample)
    {
        using Plan plan = EngineBuilder.Build(path);
        using var engine = Engine.Load(plan);
        using Session session = engine.CreateSession();
        samples.Fill(sample, samples.Inputs[0], session.Input<byte>(session.Inputs[0].Name));
        session.Run();
        return session.Output<float>("y").ToArray();
    }

    private static GuardSamples Seeded(string path) => GuardSamples.Seeded(Samples, EngineBuilder.DescribeModel(path).Inputs);

    private GuardReport Guard(string path, GuardOptions? options = null, IProgress<GuardProgress>? progress = null, CancellationToken cancellation = default) =>
        Fp16Guard.Run(path, Folder["half.onnx"], Seeded(path), options, progress, cancellation);

    private sealed class Heard(Action<GuardProgress> hear) : IProgress<GuardProgress>
    {
        public void Report(GuardProgress value) => hear(value);
    }
}
