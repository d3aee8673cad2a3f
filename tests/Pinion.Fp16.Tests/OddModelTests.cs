namespace Pinion.Fp16.Tests;

/// <summary>Models that are hard to look into.</summary>
public sealed class OddModelTests : GuardFixture
{
    [Test]
    public void Names_of_bodies_may_be_those_of_the_graph_around_them()
    {
        GuardReport report = Guard(OddModels.NamesOfBodies);
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Unmeasured, Is.Empty);
        Assert.That(report.Statistics.Select(s => s.Value), Is.EqualTo(["m", "s", "c", "z", "y"]));
        Assert.That(report.Statistics.Select(s => s.OwnError), Has.All.LessThan(1e-2));
    }

    [Test]
    public void Names_that_a_probe_would_give_may_be_taken()
    {
        GuardReport report = Guard(OddModels.TakenNames);
        Assert.That(report.Unmeasured, Is.Empty);
        Assert.That(report.Statistics.Select(s => s.Value), Is.EqualTo(["a", "half/y", "y"]));
        Assert.That(report.Statistics.Select(s => s.OwnError), Has.All.InRange(1e-6, 1e-3));
    }

    [Test]
    public void Nodes_of_branches_that_stay_FP32_are_suspects()
    {
        GuardReport report = Guard(OddModels.Fp32Branches);
        Assert.That(report.Plain.RelativeError, Is.EqualTo(double.PositiveInfinity).Or.GreaterThan(0.02));
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Kept.Keys, Has.Some.StartsWith("node z/"));
    }

    [Test]
    public void Digits_are_followed_into_branches_and_through_nodes_that_are_FP32()
    {
        foreach (OnnxModel model in new[] { OddModels.CapturedDigits, OddModels.DigitsBehindFp32 })
        {
            GuardReport report = Guard(model);
            Assert.That(report.Plain.RelativeError, Is.GreaterThan(report.RelativeErrorLimit));
            Assert.That(report.IsWithinLimits, Is.True);
            Assert.That(report.Kept.Keys, Does.Contain("node ms"));
        }
    }

    [Test]
    public void FP16_inputs_change_what_is_a_suspect()
    {
        GuardReport report = Guard(OddModels.SumOfInputs, new GuardOptions { Conversion = new Fp16Options { HalfInputsAndOutputs = true } });
        Assert.That(report.Plain.RelativeError, Is.EqualTo(double.PositiveInfinity));
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Unmeasured, Is.Empty);
    }

    [Test]
    public void Outputs_may_be_inputs_weights_and_whole_numbers()
    {
        GuardReport report = Guard(OddModels.OddOutputs);
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Final.Outputs.Select(o => (o.Output, o.RelativeError < 1e-3)), Is.EqualTo([("x", true), ("w", true), ("i", true), ("y", true)]));
        Assert.That(report.Final.Outputs[2].Top1Agreement, Is.InRange(0.9, 1));
        Assert.That(report.RelativeErrorLimit, Is.EqualTo(GuardLimits.StrictestOwnLimit), "an index that flips is no error of the others");
    }

    [Test]
    public void A_choice_alone_is_judged_by_what_it_chooses()
    {
        GuardReport report = Guard(OddModels.Choice);
        Assert.That(report.Plain.Top1Agreement, Is.LessThan(0.9));
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Kept.Keys, Does.Contain("node b"));
        Assert.That(report.Final.Top1Agreement, Is.GreaterThan(0.98));
    }

    [Test]
    public void Dimensions_of_minus_one_are_dynamic()
    {
        string path = OddModels.MinusOne.Save(Folder["m.onnx"]);
        GuardReport report = Fp16Guard.Run(path, Folder["h.onnx"], GuardSamples.Seeded(2, EngineBuilder.DescribeModel(path).Inputs, new Dictionary<string, TensorShape> { ["x"] = new(3, 4) }));
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Unmeasured, Is.Empty);
    }

    [Test]
    public void The_largest_float_is_no_infinity_when_it_is_rounded() => Assert.That(Guard(OddModels.LargestFloat).RoundedWeights.RelativeError, Is.LessThan(1e-3));

    [Test]
    public void Nodes_of_one_name_are_kept_together()
    {
        GuardReport report = Guard(OddModels.TwoOfAName);
        Assert.That(report.IsWithinLimits, Is.True);
        Assert.That(report.Kept.Keys, Does.Contain("n"));
    }

    [Test]
    public void A_model_without_inputs_has_no_samples()
    {
        Assert.That(() => GuardSamples.Open(Folder.Path, []), Throws.TypeOf<GuardException>().With.Message.Contains("has no inputs"));
        Assert.That(() => GuardSamples.Seeded(1, []), Throws.TypeOf<GuardException>().With.Message.Contains("has no inputs"));
    }

    [Test]
    public void Trials_of_another_search_do_not_count()
    {
        string path = Folder["t.json"];
        TrialFile.Open(path, "one").Add(["b", "a"], passed: true);
        Assert.That(TrialFile.Open(path, "one").Find(["a", "b"]), Is.True, "in whatever order");
        Assert.That(TrialFile.Open(path, "one").Find(["a"]), Is.Null);
        Assert.That(TrialFile.Open(path, "another").Find(["a", "b"]), Is.Null);
    }

    private GuardReport Guard(OnnxModel model, GuardOptions? options = null)
    {
        string path = model.Save(Folder["m.onnx"]);
        return Fp16Guard.Run(path, Folder["h.onnx"], GuardSamples.Seeded(6, EngineBuilder.DescribeModel(path).Inputs), options);
    }
}
