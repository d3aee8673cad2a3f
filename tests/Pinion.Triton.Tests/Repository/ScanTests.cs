using Pinion.Hosting;

namespace Pinion.Triton.Tests;

public sealed class ScanTests
{
    private const string Config = """
        platform: "tensorrt_plan"
        max_batch_size: 8
        input { name: "x" data_type: TYPE_FP32 dims: [ 3, -1 ] }
        output { name: "y" data_type: TYPE_FP32 dims: [ 3, -1 ] }
        """;

    private static readonly Lazy<byte[]> Plan = new(() => Build(raw: false));
    private static readonly Lazy<byte[]> RawPlan = new(() => Build(raw: true));

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Finds_the_newest_version_and_reads_the_configuration()
    {
        Put("rec/1/model.plan");
        Put("rec/10/model.plan");
        Put("rec/9/model.plan");
        Put("det/2/model.plan");
        Write("rec/config.pbtxt", Config + """
            dynamic_batching { preferred_batch_size: [4, 8] max_queue_delay_microseconds: 250 default_queue_policy { max_queue_size: 100 } }
            instance_group { count: 3 kind: KIND_GPU gpus: 0 }
            optimization { cuda { graphs: false busy_wait_events: true graph_spec { batch_size: 4 input { key: "x" value { dim: [3, 20] } } } } }
            model_warmup { name: "w" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: [3, 20] zero_data: true } } }
            model_warmup { name: "v" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: [3, 12] zero_data: true } } }
            """);
        IReadOnlyList<RepositoryModel> models = ModelRepository.Scan(_folder.Path);
        Assert.That(models.Select(m => (m.Name, m.Version)), Is.EqualTo([("det", "2"), ("rec", "10")]));
        Assert.That(models[0].Config, Is.Null);
        Assert.That(models[0].Options.MaxBatch, Is.Null);
        ModelOptions o = models[1].Options;
        Assert.That(models[1].Warnings, Is.Empty);
        Assert.That((o.Plan, o.Version), Is.EqualTo((models[1].PlanPath, "10")));
        Assert.That(o.Plan, Does.EndWith(Path.Combine("rec", "10", "model.plan")));
        Assert.That((o.MaxBatch, o.MaxDelay, o.QueueCapacity, o.InstancesPerDevice), Is.EqualTo(((int?)8, TimeSpan.FromMicroseconds(250), (int?)100, 3)));
        Assert.That((o.UseGraph, o.WaitMode, o.Devices.Count, o.BatchSizes.Count), Is.EqualTo((false, WaitMode.Spin, 0, 0)));
        Assert.That(o.WarmShapes.Select(s => s["x"]), Is.EqualTo(["3x20", "3x12"]), "the same shape once");
    }

    [TestCase("version_policy { specific { versions: [2, 1] } }", "2", 1)]
    [TestCase("version_policy { specific { versions: 1 } }", "1", 0)]
    [TestCase("version_policy { latest { num_versions: 1 } }", "3", 0)]
    [TestCase("version_policy { latest { num_versions: 2 } }", "3", 1)]
    [TestCase("version_policy { all {} }", "3", 1)]
    public void The_version_policy_is_heeded_as_far_as_one_version_goes(string policy, string version, int warnings)
    {
        foreach (int v in new[] { 1, 2, 3 })
        {
            Put($"rec/{v}/model.plan");
        }

        Write("rec/config.pbtxt", Config + policy);
        RepositoryModel model = ModelRepository.Scan(_folder.Path).Single();
        Assert.That(model.Version, Is.EqualTo(version));
        Assert.That(model.Warnings, Has.Exactly(warnings).Contains("is served alone"));
    }

    [Test]
    public void Folders_that_are_no_versions_are_passed_over()
    {
        foreach (string version in new[] { "0", "01", "v2", "3", "99999999999999999999", "-4", "configs", ".hidden" })
        {
            Put($"rec/{version}/model.plan");
        }

        RepositoryModel model = ModelRepository.Scan(_folder.Path).Single();
        Assert.That(model.Version, Is.EqualTo("3"));
        Assert.That(model.Warnings, Has.Count.EqualTo(5).And.All.Contains("is passed over"));
    }

    [Test]
    public void Plan_files_and_model_folders_are_models_too()
    {
        Put("a.plan");
        Put("b.engine");
        Put("c/1/model.plan");
        Write("notes.txt", "");
        Write("empty/readme", "");
        Write(".git/config", "");
        var passed = new List<string>();
        Assert.That(ModelRepository.Scan(_folder.Path, passed.Add).Select(m => (m.Name, m.Version)), Is.EqualTo([("a", "1"), ("b", "1"), ("c", "1")]));
        Assert.That(passed, Has.Count.EqualTo(1).And.All.StartsWith("empty is passed over"));
        Assert.That(ModelRepository.Scan(_folder["a.plan"]).Single().PlanPath, Is.EqualTo(_folder["a.plan"]));
        Assert.That(ModelRepository.Scan(_folder["c"]).Single().Name, Is.EqualTo("c"));
    }

    [Test]
    public void Raw_plans_are_compared_too()
    {
        Put("rec/1/model.plan", RawPlan.Value);
        Write("rec/config.pbtxt", Config);
        Assert.That(ModelRepository.Scan(_folder.Path).Single().Options.MaxBatch, Is.EqualTo(8));
        Write("rec/config.pbtxt", Config.Replace("max_batch_size: 8", "max_batch_size: 9", StringComparison.Ordinal));
        Problems("rec/config.pbtxt: max_batch_size is 9; the plan's profile 0 admits 1 to 8.");
    }

    [Test]
    public void Every_difference_to_the_plan_is_named_at_once()
    {
        Put("rec/1/model.plan");
        Put("det/1/model.plan");
        Write("rec/config.pbtxt", """
            name: "other"
            platform: "onnxruntime_onnx"
            max_batch_size: 16
            input { name: "x" data_type: TYPE_FP16 dims: [ 4, -1 ] }
            input { name: "z" data_type: TYPE_FP32 dims: 1 }
            output { name: "y" data_type: TYPE_FP32 dims: 3 }
            """);
        Write("det/config.pbtxt", "input { name: 'x' dims: [-1, 3, 100] } output { name: 'y' } backend: 'python'");
        Problems(
            "rec/config.pbtxt: name is \"other\"; the folder is rec.",
            "rec/config.pbtxt: platform is \"onnxruntime_onnx\"",
            "rec/config.pbtxt: max_batch_size is 16; the plan's profile 0 admits 1 to 8.",
            "rec/config.pbtxt:4: input 'x' is TYPE_FP16; in the plan it is TYPE_FP32.",
            "rec/config.pbtxt:4: input 'x' has dims [4, -1]; in the plan, -1x3x-1, dimension 1 is 3.",
            "rec/config.pbtxt:5: the plan has no input 'z'; it has 'x'.",
            "rec/config.pbtxt:6: output 'y' has dims [3]; the plan's shape -1x3x-1 has 2 behind the batch.",
            "det/config.pbtxt:1: input 'x' has dims [-1, 3, 100]; the plan's profile 0 admits 10 to 40 for dimension 2.",
            "det/config.pbtxt: backend is \"python\"");
    }

    [Test]
    public void Shapes_to_warm_must_fit_the_plan()
    {
        Put("rec/1/model.plan");
        Write("rec/config.pbtxt", Config + """
            optimization { cuda {
              graph_spec { batch_size: 1 input { key: "x" value { dim: [3, 50] } } }
              graph_spec { batch_size: 1 input { key: "w" value { dim: [3, 20] } } }
              graph_spec { batch_size: 1 input { key: "x" value { dim: 3 } } }
            } }
            """);
        Problems("has the shape 3x50 for 'x'; dimension 2 is 10 to 40", "has the input 'w', which the plan has not", "has the shape 3 for 'x'");
    }

    [Test]
    public void Without_a_batch_shapes_are_whole()
    {
        OnnxModel model = new OnnxModel()
            .Input("x", OnnxType.Float32, 2, "width").Output("y", OnnxType.Float32, 2, "width")
            .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]);
        using (Plan plan = EngineBuilder.Build(model.ToBytes(), new EngineBuildOptions { Profiles = [new OptimizationProfile().Add("x", [2, 1], [2, 4], [2, 8])] }))
        {
            Put("rec/1/model.plan", plan.Bytes.ToArray());
        }

        Write("rec/config.pbtxt", """
            input { name: "x" dims: [ 2, -1 ] }
            optimization { cuda { graphs: true graph_spec { batch_size: 0 input { key: "x" value { dim: [ 2, 6 ] } } } } }
            """);
        RepositoryModel found = ModelRepository.Scan(_folder.Path).Single();
        Assert.That(found.Warnings, Is.Empty);
        Assert.That(found.Options.MaxBatch, Is.Null);
        Assert.That(found.Options.WarmShapes.Select(s => s["x"]), Is.EqualTo(["2x6"]));
        Write("rec/config.pbtxt", "max_batch_size: 2 input { name: 'x' dims: -1 }");
        Problems("'x' is 2x-1 in the plan, without a dynamic batch", "'y' is 2x-1 in the plan, without a dynamic batch");
    }

    [Test]
    public void Without_max_batch_size_shapes_are_whole_and_nothing_is_joined()
    {
        Put("rec/1/model.plan");
        Write("rec/config.pbtxt", "input { name: 'x' dims: [-1, 3, -1] } optimization { cuda { graph_spec { input { key: 'x' value { dim: [2, 3, 30] } } } } }");
        RepositoryModel model = ModelRepository.Scan(_folder.Path).Single();
        Assert.That(model.Warnings, Is.Empty);
        Assert.That(model.Options.Batching, Is.False);
        Assert.That(model.Options.WarmShapes.Select(s => s["x"]), Is.EqualTo(["2x3x30"]));
    }

    [Test]
    public void Where_nothing_is_said_of_tensors_the_plans_batch_is_taken()
    {
        Put("rec/1/model.plan");
        Write("rec/config.pbtxt", "platform: 'tensorrt_plan'");
        ModelOptions options = ModelRepository.Scan(_folder.Path).Single().Options;
        Assert.That((options.Batching, options.MaxBatch), Is.EqualTo((true, (int?)null)));
    }

    [Test]
    public void Instance_groups_add_up()
    {
        Put("rec/1/model.plan");
        Write("rec/config.pbtxt", Config + "instance_group [ { count: 1 gpus: [0, 1] }, { count: 2 gpus: 1 } ]");
        RepositoryModel model = ModelRepository.Scan(_folder.Path).Single();
        Assert.That(model.Options.Devices, Is.EqualTo([0, 1]));
        Assert.That(model.Options.InstancesPerDevice, Is.EqualTo(3));
        Assert.That(model.Warnings, Has.One.Contains("1 on 0, 3 on 1"));
    }

    [Test]
    public void Preferred_sizes_join_the_usual_ones()
    {
        Put("rec/1/model.plan", Build(raw: false, maxBatch: 40));
        Write("rec/config.pbtxt", Config.Replace("size: 8", "size: 40", StringComparison.Ordinal) + "dynamic_batching { preferred_batch_size: [8, 24] }");
        Assert.That(ModelRepository.Scan(_folder.Path).Single().Options.BatchSizes, Is.EqualTo([.. Enumerable.Range(1, 16), 24, 32, 40]));
    }

    [Test]
    public void File_names_are_the_configurations()
    {
        Put("rec/1/other.plan");
        Write("rec/config.pbtxt", Config + "default_model_filename: 'other.plan' cc_model_filenames { key: '99.9' value: 'none.plan' }");
        Assert.That(ModelRepository.Scan(_folder.Path).Single().PlanPath, Does.EndWith("other.plan"));
        Write("rec/config.pbtxt", Config + "default_model_filename: '../../secret'");
        Problems("'../../secret' is no name of a file");
        Write("rec/config.pbtxt", Config);
        Problems("rec/1/model.plan does not exist");
        string capability = PinionRuntime.GetDevices()[0].ComputeCapability.ToString(2);
        Write("rec/config.pbtxt", Config + $"cc_model_filenames {{ key: '{capability}' value: 'other.plan' }}");
        Assert.That(ModelRepository.Scan(_folder.Path).Single().PlanPath, Does.EndWith("other.plan"));
    }

    [Test]
    public void Links_may_not_lead_out()
    {
        using var outside = new TemporaryFolder();
        File.WriteAllBytes(outside["model.plan"], Plan.Value);
        Directory.CreateDirectory(outside["folder"]);
        Put("ok/7/model.plan");
        Directory.CreateSymbolicLink(_folder["ok/8"], _folder["ok/7"]);
        Assert.That(ModelRepository.Scan(_folder.Path).Single().Version, Is.EqualTo("8"), "a link within");
        Directory.CreateDirectory(_folder["rec/1"]);
        File.CreateSymbolicLink(_folder["rec/1/model.plan"], outside["model.plan"]);
        File.CreateSymbolicLink(_folder["loose.plan"], outside["model.plan"]);
        Directory.CreateDirectory(_folder["conf/1"]);
        File.CreateSymbolicLink(_folder["conf/config.pbtxt"], "/etc/hostname");
        Put("conf/1/model.plan");
        Problems("rec/1/model.plan is a link that leads out", "loose.plan is a link that leads out", "conf/config.pbtxt is a link that leads out");
        File.CreateSymbolicLink(outside["given.plan"], outside["model.plan"]);
        Assert.That(ModelRepository.Scan(outside["given.plan"]).Single().Name, Is.EqualTo("given"), "what the user names himself may be a link");
    }

    [Test]
    public void Names_are_checked()
    {
        Put("two words/1/model.plan");
        Put("-dash.plan");
        Put("twice.plan");
        Put("twice/1/model.plan");
        Problems("'two words' gives no model's name", "'-dash.plan' gives no model's name", "twice is there 2 times");
    }

    [Test]
    public void What_is_no_repository_is_said()
    {
        Problems("holds no model");
        Assert.That(() => ModelRepository.Scan(_folder["absent"]), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("does not exist"));
        Directory.CreateDirectory(_folder["rec"]);
        Write("rec/config.pbtxt", "");
        Problems("rec has no version");
        Put("rec/1/model.plan", [.. Enumerable.Repeat((byte)7, 4096)]);
        Problems("rec/config.pbtxt: its plan cannot be read");
        File.WriteAllBytes(_folder["rec/config.pbtxt"], [0xff, 0xfe, 0x00]);
        Problems("rec/config.pbtxt: it is not UTF-8 text.");
        Write("rec/config.pbtxt", new string('#', 5 << 20));
        Problems("rec/config.pbtxt: it has 5242880 bytes");
    }

    private static byte[] Build(bool raw, int maxBatch = 8)
    {
        OnnxModel model = new OnnxModel()
            .Input("x", OnnxType.Float32, "batch", 3, "width").Output("y", OnnxType.Float32, "batch", 3, "width")
            .Constant("one", [1], [1f]).Node("Add", ["x", "one"], ["y"]);
        OptimizationProfile profile = new OptimizationProfile().Add("x", [1, 3, 10], [4, 3, 20], [maxBatch, 3, 40]);
        using Plan plan = EngineBuilder.Build(model.ToBytes(), new EngineBuildOptions { Profiles = [profile], Raw = raw });
        return plan.Bytes.ToArray();
    }

    private void Problems(params string[] expected)
    {
        IReadOnlyList<string> problems = Assert.Throws<ModelRepositoryException>(() => ModelRepository.Scan(_folder.Path))!.Problems;
        foreach (string problem in expected)
        {
            Assert.That(problems, Has.One.Contains(problem), string.Join('\n', problems));
        }

        Assert.That(problems, Has.Count.EqualTo(expected.Length), string.Join('\n', problems));
    }

    private void Put(string path, byte[]? plan = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllBytes(_folder[path], plan ?? Plan.Value);
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllText(_folder[path], text);
    }
}
