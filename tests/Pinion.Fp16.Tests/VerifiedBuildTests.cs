namespace Pinion.Fp16.Tests;

/// <summary>An FP16 engine is built with a verdict, or there is none.</summary>
public sealed class VerifiedBuildTests : GuardFixture
{
    private string Overflowing => GuardModel.All.Single(m => m.Name == "deep-sum").Save(Folder["model.onnx"]);

    [Test]
    public void The_plan_keeps_the_verdict_on_its_engine()
    {
        VerifiedBuildResult result = VerifiedBuild.Run(Overflowing, new VerifiedBuildOptions { NewRecipe = Folder["m.recipe.json"] });
        using Plan plan = result.Plan;
        EngineVerification verdict = plan.Description.Verification!;
        Assert.That(verdict.ToJson(), Is.EqualTo(result.Verification!.ToJson()));
        Assert.That((verdict.Level, verdict.Sdk, verdict.SampleCount), Is.EqualTo((VerificationLevel.Device, Sdk.Host, 4)));
        Assert.That(verdict.RelativeError, Is.LessThanOrEqualTo(verdict.RelativeErrorLimit).And.GreaterThan(0));
        Assert.That(verdict.Fp32Nodes, Has.Count.EqualTo(2), "what FP16 harms");
        Assert.That(verdict.ModelSha256, Is.EqualTo(OnnxDigest.Compute(Folder["model.onnx"])));
        Assert.That(plan.Description.Precision, Is.EqualTo(Precision.Fp16));
        using var engine = Engine.Load(plan, new EngineLoadOptions { RequireVerified = VerificationLevel.Device });

        // The recipe builds the same without a search.
        VerifiedBuildResult again = VerifiedBuild.Run(Folder["model.onnx"], new VerifiedBuildOptions { Recipe = Folder["m.recipe.json"] });
        using Plan same = again.Plan;
        Assert.That(again.Guard, Is.Null);
        Assert.That(again.Verification!.Fp32Nodes.Keys, Is.EqualTo(verdict.Fp32Nodes.Keys));
        Assert.That(again.Verification.RelativeError, Is.EqualTo(verdict.RelativeError));
    }

    [Test]
    public void What_is_beyond_the_limits_is_no_engine()
    {
        OnnxModel model = new OnnxModel("noise", opset: 17).Input("x", OnnxType.Float32, 4, 32).Output("y", OnnxType.Float32, 4, 32).Constant("w", [32, 32], [.. Enumerable.Range(0, 1024).Select(i => MathF.Sin(i))]);
        string last = "x";
        for (int i = 0; i < 30; i++)
        {
            model.Node("MatMul", [last, "w"], [$"a{i}"]).Node("Sin", [$"a{i}"], [i == 29 ? "y" : $"b{i}"]);
            last = $"b{i}";
        }

        GuardException e = Assert.Throws<GuardException>(() => VerifiedBuild.Run(model.Save(Folder["m.onnx"]), new VerifiedBuildOptions { Limits = new GuardLimits { MaxRelativeError = 1e-4 }, NewRecipe = Folder["r.json"] }))!;
        Assert.That(e.Message, Does.Contain("beyond the limits").And.Contain("limit 0.0001"));
        Assert.That(Folder.Files(), Is.EqualTo(new[] { "m.onnx" }), "nothing is written, nothing is left");
    }

    /// <summary>Its recipe keeps nothing, so the engine overflows, which the build itself does not see.</summary>
    [Test]
    public void A_recipe_that_does_not_cure_the_model_is_found_out()
    {
        string model = Overflowing;
        Recipe(model, []).Write(Folder["bad.json"]);
        GuardException e = Assert.Throws<GuardException>(() => VerifiedBuild.Run(model, new VerifiedBuildOptions { Recipe = Folder["bad.json"] }))!;
        Assert.That(e.Message, Does.Contain("the FP16 engine is beyond the limits").And.Contain("recipe"));

        // Unless nothing is to be verified, and then nobody is told that it was.
        VerifiedBuildResult blind = VerifiedBuild.Run(model, new VerifiedBuildOptions { Recipe = Folder["bad.json"], Verify = false });
        using Plan plan = blind.Plan;
        Assert.That((blind.Verification, plan.Description.Verification), Is.EqualTo(((EngineVerification?)null, (EngineVerification?)null)));
        Assert.That(() => Engine.Load(plan, new EngineLoadOptions { RequireVerified = VerificationLevel.Model }), Throws.InstanceOf<PlanNotVerifiedException>().With.Message.Contain("pinion verify"));
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Verify(plan, model))!.Message, Does.Contain("beyond the limits"));
    }

    [Test]
    public void A_recipe_of_another_model_is_refused()
    {
        string model = Overflowing;
        (Recipe(model, []) with { ModelSha256 = new string('0', 64) }).Write(Folder["other.json"]);
        Assert.That(() => VerifiedBuild.Run(model, new VerifiedBuildOptions { Recipe = Folder["other.json"] }), Throws.InstanceOf<InvalidDataException>().With.Message.Contain("the model is another"));
    }

    [Test]
    public void A_model_that_cannot_be_FP16_is_no_FP16_engine()
    {
        GuardException e = Assert.Throws<GuardException>(() => VerifiedBuild.Run(Overflowing, new VerifiedBuildOptions { Conversion = new Fp16Options { Exclude = ["*"] } }))!;
        Assert.That(e.Message, Does.Contain("would be an FP32 engine"));
    }

    [Test]
    public void Another_engines_verdict_does_not_count()
    {
        using Plan plan = VerifiedBuild.Run(Overflowing).Plan;
        string verdict = plan.Description.Metadata[EngineVerification.MetadataKey];
        string other = GuardModel.All.Single(m => m.Name == "residual-beyond-range").Save(Folder["other.onnx"]);
        using Plan unproved = VerifiedBuild.Run(other, new VerifiedBuildOptions { Verify = false }).Plan;
        using Plan forged = unproved.WithMetadata(EngineVerification.MetadataKey, verdict);
        using Plan broken = unproved.WithMetadata(EngineVerification.MetadataKey, "{");
        foreach (Plan bad in new[] { forged, broken })
        {
            Assert.That(bad.Description.Verification, Is.Null);
            Assert.That(() => Engine.Load(bad, new EngineLoadOptions { RequireVerified = VerificationLevel.Model }), Throws.InstanceOf<PlanNotVerifiedException>().With.Message.Contain("damaged, or of another engine"));
        }
    }

    [Test]
    public void A_verdict_of_the_model_alone_is_none_of_the_engine()
    {
        using Plan plan = VerifiedBuild.Run(Overflowing).Plan;
        EngineVerification verdict = plan.Description.Verification!;
        using Plan modelOnly = plan.WithMetadata(EngineVerification.MetadataKey, (verdict with { Level = VerificationLevel.Model }).ToJson());
        using Plan elsewhere = plan.WithMetadata(EngineVerification.MetadataKey, (verdict with { ComputeCapability = "7.5" }).ToJson());
        using var taken = Engine.Load(modelOnly, new EngineLoadOptions { RequireVerified = VerificationLevel.Model });
        Assert.That(() => Engine.Load(modelOnly, new EngineLoadOptions { RequireVerified = VerificationLevel.Device }), Throws.InstanceOf<PlanNotVerifiedException>().With.Message.Contain("of the model alone"));
        Assert.That(() => Engine.Load(elsewhere, new EngineLoadOptions { RequireVerified = VerificationLevel.Device }), Throws.InstanceOf<PlanNotVerifiedException>().With.Message.Contain("SM 0.0"));
    }

    [Test]
    public void A_plan_is_verified_later_and_keeps_what_its_build_knew()
    {
        string model = Overflowing;
        using Plan plan = VerifiedBuild.Run(model).Plan;
        EngineVerification later = VerifiedBuild.Verify(plan, model, new VerifiedBuildOptions { Measure = true });
        Assert.That(later.Fp32Nodes, Has.Count.EqualTo(2));
        Assert.That(later.Speedup, Is.GreaterThan(0));
        string other = new OnnxModel(opset: 17).Input("z", OnnxType.Float32, 1, 3).Output("y", OnnxType.Float32, 1, 3).Node("Relu", ["z"], ["y"], "r").Save(Folder["other.onnx"]);
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Verify(plan, other))!.Message, Does.Contain("was not built from this model").And.Contain("z:1x3"));
    }

    /// <summary>Compared with itself, any model is right.</summary>
    [Test]
    public void A_model_in_FP16_is_no_reference()
    {
        string model = Overflowing;
        using Plan plan = VerifiedBuild.Run(model).Plan;
        Fp16Converter.Convert(model, Folder["half.onnx"]);
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Verify(plan, Folder["half.onnx"]))!.Message, Does.Contain("no FP32 model to compare with"));
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Run(Folder["half.onnx"]))!.Message, Does.Contain("FP16 by its own types"));
        VerifiedBuildResult unverified = VerifiedBuild.Run(Folder["half.onnx"], new VerifiedBuildOptions { Verify = false });
        using Plan half = unverified.Plan;
        Assert.That((half.Description.Precision, half.Description.Verification), Is.EqualTo(((Precision?)Precision.Fp16, (EngineVerification?)null)));
    }

    [Test]
    public void A_reference_without_numbers_proves_nothing()
    {
        string model = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 1, 8).Output("y", OnnxType.Float32, 1, 8).Constant("c", [], [-2f])
            .Node("Abs", ["x"], ["a"], "abs").Node("Sub", ["c", "a"], ["b"], "sub").Node("Log", ["b"], ["y"], "log").Save(Folder["m.onnx"]);
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Run(model))!.Message, Does.Contain("output 'y'").And.Contain("no number"));
    }

    [Test]
    public void Limits_are_checked_before_anything_runs()
    {
        string model = Overflowing;
        var options = new VerifiedBuildOptions { Limits = new GuardLimits { MaxRelativeError = -1 }, Build = (_, _) => throw new AssertionException("it was built") };
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Run(model, options))!.Message, Does.Contain("largest relative error"));
    }

    [Test]
    public void Layers_that_are_to_be_FP32_are()
    {
        string model = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, 1, 8).Output("y", OnnxType.Float32, 1, 8).Node("Sin", ["x"], ["a"], "norm/sin").Node("Cos", ["a"], ["b"], "norm/cos").Node("Exp", ["b"], ["y"], "last").Save(Folder["m.onnx"]);
        VerifiedBuildResult result = VerifiedBuild.Run(model, new VerifiedBuildOptions { Engine = new EngineBuildOptions { LayerPrecisions = [new("norm/*", Precision.Fp32)], PrecisionConstraints = PrecisionConstraints.Obey } });
        result.Plan.Dispose();
        Assert.That(result.Verification!.Fp32Nodes.Keys, Is.EqualTo(["norm/sin", "norm/cos"]));
        var half = new EngineBuildOptions { LayerPrecisions = [new("last", Precision.Fp16)], PrecisionConstraints = PrecisionConstraints.Obey };
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Run(model, new VerifiedBuildOptions { Engine = half }))!.Message, Does.Contain("'last'"));
    }

    [Test]
    public void A_dynamic_model_needs_a_profile()
    {
        string model = new OnnxModel(opset: 17).Input("x", OnnxType.Float32, "n", 8).Output("y", OnnxType.Float32, "n", 8).Node("Sin", ["x"], ["y"], "s").Save(Folder["m.onnx"]);
        Assert.That(Assert.Throws<GuardException>(() => VerifiedBuild.Run(model))!.Message, Does.Contain("'x' is -1x8").And.Contain("profile"));
        VerifiedBuildResult result = VerifiedBuild.Run(model, new VerifiedBuildOptions { Engine = new EngineBuildOptions { Profiles = [OptimizationProfile.Parse("x:min=2x8,opt=4x8,max=8x8")] } });
        result.Plan.Dispose();
        Assert.That(result.Verification!.Samples, Does.Contain("x:2x8"), "the smallest batch of the profile");
    }

    [TestCase(Sdk.Host, "8.6.1", false, false, "Typed")]
    [TestCase(Sdk.Cuda, "8.6.1", true, false, "Typed")]
    [TestCase(Sdk.Rtx, "1.6.1", true, false, "Typed")]
    [TestCase(Sdk.Nvidia, "11.1.0", true, false, "Typed")]
    [TestCase(Sdk.Nvidia, "10.4.0", true, true, "Typed")]
    [TestCase(Sdk.Nvidia, "10.4.0", true, false, "Flag")]
    [TestCase(Sdk.Nvidia, "8.6.1", true, false, "Flag")]
    [TestCase(Sdk.Nvidia, "8.2.0", true, false, "Flag")]
    [TestCase(Sdk.Nvidia, "8.0.3", true, false, "TypedWithFlag")]
    [TestCase(Sdk.Nvidia, "8.1.0", true, false, "TypedWithFlag")]
    public void Each_TensorRT_is_told_in_its_own_way(Sdk sdk, string version, bool fastFp16, bool stronglyTyped, string route) =>
        Assert.That(Fp16Routes.Of(sdk, Version.Parse(version), fastFp16, stronglyTyped).ToString(), Is.EqualTo(route));

    [Test]
    public void A_GPU_without_fast_FP16_gets_no_FP32_engine() =>
        Assert.That(Assert.Throws<GuardException>(() => Fp16Routes.Of(Sdk.Nvidia, new Version(8, 6, 1), fastFp16: false, stronglyTyped: false))!.Message, Does.Contain("FP32 engine"));

    /// <summary>NVIDIA's importer makes several layers of one node, and of names that end in digits others are not meant.</summary>
    [Test]
    public void Kept_nodes_are_found_among_the_layers()
    {
        Fp16Decision[] decisions = [new("norm", "LayerNormalization", NodePrecision.Fp32, "r"), new("Add_1", "Add", NodePrecision.Fp32, "r"), new("gone", "Identity", NodePrecision.Fp32, "r"), new("half", "Mul", NodePrecision.Fp16, ""), new("norm_2", "Sub", NodePrecision.Fp16, "")];
        var unfound = new List<string>();
        IReadOnlyList<LayerPrecision> layers = KeptLayers.Of(new Fp16Report(decisions, 0, 0, 0, 0, null), ["norm", "norm_1", "norm_2", "norm_12", "norm_x", "normal", "Add_1", "Add_10", "Add_1_2", "half", "_3"], unfound);
        Assert.That(unfound, Is.EqualTo(["gone"]));
        Assert.That(layers.Select(l => l.Layer), Is.EqualTo(["norm", "norm_1", "norm_12", "Add_1", "Add_1_2"]));
        Assert.That(layers.Select(l => l.Precision), Has.All.EqualTo(Precision.Fp32));
    }

    private static Fp16Recipe Recipe(string model, IReadOnlyList<Fp16RecipeNode> keep) => new() { Model = Path.GetFileName(model), ModelSha256 = OnnxDigest.Compute(model), Keep = keep };
}
