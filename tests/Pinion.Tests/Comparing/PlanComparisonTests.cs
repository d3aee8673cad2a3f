using Pinion.TestSupport;

namespace Pinion.Tests;

/// <summary>How two plans differ, by their headers and by what TensorRT's inspector tells of their layers.</summary>
public sealed class PlanComparisonTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_plan_is_the_same_as_itself_and_as_another_build_of_it()
    {
        string plan = Build("a.plan", TestModels.AddOne, new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] });
        string again = Build("b.plan", TestModels.AddOne, new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] });

        var same = PlanComparison.Compare(plan, plan);
        var rebuilt = PlanComparison.Compare(plan, again);

        Assert.That(same.AreIdentical, Is.True);
        Assert.That(same.Differences, Is.Empty);
        Assert.That(rebuilt.AreIdentical, Is.False, "the header has the time that the build took");
        Assert.That(rebuilt.Differences, Is.Empty);
    }

    [Test]
    public void Options_tensors_and_profiles_are_told_by_name()
    {
        string first = Build("a.plan", TestModels.AddOne, new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] });
        string second = Build("b.plan", TestModels.AddOne, new EngineBuildOptions
        {
            Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=8x4,max=16x4"), TestModels.AddOneProfile],
            AllowTf32 = true,
            WorkspaceBytes = 1 << 20,
        });

        IReadOnlyList<PlanDifference> differences = PlanComparison.Compare(first, second).Differences;

        Assert.That(differences, Has.One.EqualTo(new PlanDifference(PlanAspect.Option, "options", "tf32", "False", "True")));
        Assert.That(differences, Has.One.EqualTo(new PlanDifference(PlanAspect.Option, "options", "workspaceBytes", "0", "1048576")));
        Assert.That(differences.Where(d => d.Aspect == PlanAspect.Profile), Is.EqualTo(new PlanDifference[]
        {
            new(PlanAspect.Profile, "profile 0 x", "opt", "4x4", "8x4"),
            new(PlanAspect.Profile, "profile 1 x", "min", null, "1x4"),
            new(PlanAspect.Profile, "profile 1 x", "opt", null, "4x4"),
            new(PlanAspect.Profile, "profile 1 x", "max", null, "16x4"),
        }));
        Assert.That(differences.Where(d => d.Aspect == PlanAspect.Tensor), Is.Empty);
    }

    [Test]
    public void Engines_of_different_models_differ_in_model_tensors_and_layers()
    {
        string first = Build("a.plan", TestModels.AddOne, new EngineBuildOptions { Profiles = [TestModels.AddOneProfile] });
        string second = Build("b.plan", TestModels.Sum, new EngineBuildOptions { Profiles = [TestModels.SumProfile] });

        var comparison = PlanComparison.Compare(first, second);

        Assert.That(comparison.Differences.Select(d => d.Property), Has.Member("model.sha256"));
        Assert.That(comparison.Differences, Has.One.EqualTo(new PlanDifference(PlanAspect.Tensor, "input x", "shape", "-1x4", null)));
        Assert.That(comparison.Differences, Has.One.EqualTo(new PlanDifference(PlanAspect.Tensor, "output sum", "type", null, "float32")));
        Assert.That(comparison.Differences.Select(d => d.Aspect), Is.Ordered, "the header first");
    }

    [Test]
    public void What_cannot_be_compared_is_said()
    {
        Device.RequireHost();
        string plan = Build("a.plan", TestModels.Identity, new EngineBuildOptions());
        File.WriteAllBytes(_folder["foreign.plan"], PlanEditor.WithTensorRt(File.ReadAllBytes(plan), 70000));
        string raw = Build("raw.plan", TestModels.Identity, new EngineBuildOptions { Raw = true });

        var foreign = PlanComparison.Compare(plan, _folder["foreign.plan"]);
        Assert.That(foreign.NotCompared.Single(), Does.StartWith($"The layers: {_folder["foreign.plan"]} does not tell them here: "));
        Assert.That(foreign.CommonLayers, Is.Null);

        var withRaw = PlanComparison.Compare(plan, raw);
        Assert.That(withRaw.NotCompared[0], Is.EqualTo($"The headers: {raw} is raw, TensorRT's bytes alone, and has none."));
        Assert.That(withRaw.Differences.Where(d => d.Aspect is PlanAspect.Tensor or PlanAspect.Profile), Is.Empty, "those a raw plan tells when it is loaded");

        byte[] damaged = File.ReadAllBytes(plan);
        damaged[^1] ^= 1;
        File.WriteAllBytes(_folder["damaged.plan"], damaged);
        Assert.That(() => PlanComparison.Compare(plan, _folder["damaged.plan"]), Throws.InstanceOf<PinionException>().With.Property("Status").EqualTo(PinionStatus.PlanCorrupt));
        Assert.That(() => PlanComparison.Compare(plan, _folder["absent.plan"]), Throws.InstanceOf<FileNotFoundException>());
    }

    /// <summary>In the form of TensorRT 8.6 with detailed verbosity; the fused layers are another's in FP16.</summary>
    [Test]
    public void Layers_precisions_and_tactics_are_told_apart()
    {
        const string First = """
            {"Layers": [
              {"Name": "conv1 + relu1", "LayerType": "CaskConvolution", "Inputs": [{"Name": "x", "Dimensions": [1,3,8,8], "Format/Datatype": "Row major linear FP32"}],
               "Outputs": [{"Name": "a", "Dimensions": [1,8,8,8], "Format/Datatype": "Row major linear FP32"}], "TacticName": "sm70_sgemm", "TacticValue": "0x1"},
              {"Name": "norm", "LayerType": "Myelin", "Inputs": [], "Outputs": []},
              {"Name": "fc", "LayerType": "gemm", "Inputs": [], "Outputs": []},
              {"Name": "copy", "LayerType": "Reformat", "Inputs": [], "Outputs": []},
              {"Name": "copy", "LayerType": "Reformat", "Inputs": [], "Outputs": [], "StreamId": 0}]}
            """;
        const string Second = """
            {"Layers": [
              {"Name": "conv1 + relu1", "LayerType": "CaskConvolution", "Inputs": [{"Name": "x", "Dimensions": [1,3,8,8], "Format/Datatype": "Row major linear FP32"}],
               "Outputs": [{"Name": "a", "Dimensions": [1,8,8,8], "Format/Datatype": "Channel major FP16"}], "TacticName": "sm70_hgemm", "TacticValue": "0x2"},
              {"Name": "fc", "LayerType": "CaskGemm", "Inputs": [], "Outputs": []},
              {"Name": "norm", "LayerType": "Myelin", "Inputs": [], "Outputs": []},
              {"Name": "copy", "LayerType": "Reformat", "Inputs": [], "Outputs": []},
              {"Name": "softmax", "LayerType": "SoftMax", "Inputs": [], "Outputs": []}]}
            """;
        var differences = new List<PlanDifference>();
        var missing = new List<string>();

        Assert.That(LayerComparison.Compare(First, Second, differences, missing), Is.EqualTo(4));

        Assert.That(missing, Is.Empty);
        Assert.That(differences, Is.EqualTo(new PlanDifference[]
        {
            new(PlanAspect.Precision, "conv1 + relu1", "Outputs[0].Format/Datatype", "Row major linear FP32", "Channel major FP16"),
            new(PlanAspect.Tactic, "conv1 + relu1", "TacticName", "sm70_sgemm", "sm70_hgemm"),
            new(PlanAspect.Tactic, "conv1 + relu1", "TacticValue", "0x1", "0x2"),
            new(PlanAspect.Layer, "fc", "LayerType", "gemm", "CaskGemm"),
            new(PlanAspect.Layer, "copy (2)", "layer", "Reformat", null),
            new(PlanAspect.Layer, "softmax", "layer", null, "SoftMax"),
            new(PlanAspect.Layer, "layers", "order", "norm is number 1", "fc is number 1"),
        }));
    }

    [Test]
    public void Layers_by_name_alone_are_compared_by_name()
    {
        var differences = new List<PlanDifference>();
        var missing = new List<string>();

        Assert.That(LayerComparison.Compare("""{"Layers": ["a", "b"]}""", """{"Layers": ["a", "c"]}""", differences, missing), Is.EqualTo(1));

        Assert.That(differences, Is.EqualTo(new PlanDifference[] { new(PlanAspect.Layer, "b", "layer", "there", null), new(PlanAspect.Layer, "c", "layer", null, "there") }));
        Assert.That(missing.Single(), Does.Contain("detailed profiling verbosity"));
        Assert.That(LayerComparison.Compare("{}", """{"Layers": []}""", differences, missing), Is.Null);
        Assert.That(missing[^1], Does.Contain("a form that is not known"));
    }

    private string Build(string name, Pinion.Onnx.OnnxModel model, EngineBuildOptions options)
    {
        using Plan plan = EngineBuilder.Build(model.ToBytes(), options);
        plan.Save(_folder[name]);
        return _folder[name];
    }
}
