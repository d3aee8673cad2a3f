using System.Text.Json;
using Pinion.Hosting;
using Pinion.TestSupport;
using Pinion.Triton;

namespace Pinion.Cli.Tests;

public sealed class ExportTritonTests
{
    private TemporaryFolder _folder = null!;

    private string Repository => _folder["repo"];

    [SetUp]
    public void SetUp() => _folder = Workbench.NewFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void What_is_exported_is_found_as_it_was()
    {
        CliResult result = Export(
            Workbench.AddOnePlan, "--allow-host-plan", "--name", "rec", "--version", "3", "--instances", "4", "--max-delay", "0.25", "--max-queue", "50", "--duration", "0.01");
        Assert.That(result.Errors, Does.Contain("Triton cannot").And.Contain("the measured latencies are the host's"));
        RepositoryModel model = ModelRepository.Scan(Repository).Single();
        Assert.That(model.Warnings, Is.Empty);
        Assert.That((model.Name, model.Version), Is.EqualTo(("rec", "3")));
        Assert.That(File.ReadAllBytes(model.PlanPath), Is.EqualTo(File.ReadAllBytes(Workbench.AddOnePlan)));
        ModelOptions o = model.Options;
        Assert.That((o.MaxBatch, o.MaxDelay, o.QueueCapacity, o.InstancesPerDevice, o.UseGraph), Is.EqualTo(((int?)8, TimeSpan.FromMicroseconds(250), (int?)50, 4, true)));
        Assert.That(o.WarmShapes.Select(s => s["x"]), Is.EqualTo(["4"]));
        ModelConfig c = model.Config!;
        Assert.That(c.Platform, Is.EqualTo("tensorrt_plan"));
        Assert.That(c.Inputs.Select(i => (i.Name, i.DataType, string.Join(',', i.Dims!))), Is.EqualTo([("x", TensorDataType.Float32, "4")]));
        Assert.That(c.Cuda!.GraphSpecs.Select(g => g.BatchSize), Is.EqualTo([1, 2, 4, 8]));
        string text = File.ReadAllText(Path.Combine(Repository, "rec", "config.pbtxt"));
        Assert.That(text, Does.StartWith("# Written by pinion export triton from addone.plan (TensorRT ").And.Contain("#   batch 8: "));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(Repository, "rec")).Select(Path.GetFileName), Is.EquivalentTo(["3", "config.pbtxt"]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Nothing_is_left_on_a_full_disk()
    {
        CliResult result = Cli.RunInShell(Cli.FullDisk, "export", "triton", Workbench.AddOnePlan, "-o", Repository, "--allow-host-plan", "--no-measure");
        result.Fails(1, "cannot be written");
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
        Cli.RunInShell(Cli.FullDisk, "export", "kserve", "rec", "-o", _folder["k8s"]).Fails(1, "cannot be written");
        Cli.RunInShell(Cli.FullDisk, "zoo", "export", "--all", "-o", _folder["models"]).Fails(1, "cannot be written");
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public void Preferred_sizes_follow_the_measured_throughput()
    {
        JsonElement d = Export(Workbench.AddOnePlan, "--allow-host-plan", "--latencies", Latencies((1, 100), (2, 97), (4, 60), (8, 55)), "--json").Json();
        Assert.That(d.GetProperty("preferredBatchSizes").EnumerateArray().Select(b => b.GetInt32()), Is.EqualTo([2, 4, 8]));
        Assert.That(d.GetProperty("measured").EnumerateArray().Select(m => m.GetProperty("rowsPerSecond").GetDouble()), Is.EqualTo([100, 194, 240, 440]));
        Assert.That(d.GetProperty("measuredOn").GetString(), Does.Contain("Tesla T4"));
        Assert.That(Config().DynamicBatching!.PreferredBatchSizes, Is.EqualTo([2, 4, 8]));
        Export(Workbench.AddOnePlan, "--allow-host-plan", "--force", "--latencies", Latencies((1, 100), (2, 50), (4, 25), (8, 13)));
        Assert.That(Config().DynamicBatching!.PreferredBatchSizes, Is.Empty);
    }

    [Test]
    public void Benchs_own_document_is_taken()
    {
        File.WriteAllText(_folder["bench.json"], Cli.Run("bench", Workbench.AddOnePlan, "--batch", "1,8", "--duration", "0", "--warm-up", "0", "--json").Exits(0).Output);
        JsonElement d = Export(Workbench.AddOnePlan, "--allow-host-plan", "--latencies", _folder["bench.json"], "--json").Json();
        Assert.That(d.GetProperty("measured").EnumerateArray().Select(m => m.GetProperty("batch").GetInt32()), Is.EqualTo([1, 8]));
        Assert.That(Config().Cuda!.GraphSpecs.Select(g => g.BatchSize), Is.EqualTo([1, 8]));
    }

    [Test]
    public void The_suites_results_are_taken()
    {
        Cli.Run("suite", "--models", Workbench.AddOne, "--batch", "1,4", "--precision", "fp32", "--quick", "--processes", "1", "-o", _folder["suite"]).Exits(0);
        JsonElement d = Export(Workbench.AddOnePlan, "--allow-host-plan", "--latencies", _folder["suite"], "--json").Json();
        Assert.That(d.GetProperty("measured").EnumerateArray().Select(m => m.GetProperty("batch").GetInt32()), Is.EqualTo([1, 4]));
        Cli.Run("export", "triton", Workbench.StaticPlan, "-o", Repository, "--allow-host-plan", "--latencies", _folder["suite"])
            .Fails(1, "has no model of SHA-256");
    }

    /// <summary>A plan of NVIDIA's TensorRT loses Pinion's header, and is measured where it runs.</summary>
    [Test]
    public void Triton_gets_tensor_rts_bytes_alone()
    {
        byte[] engine = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7))];
        string plan = _folder["t4.plan"];
        File.WriteAllBytes(plan, PlanEditor.OfNvidia(File.ReadAllBytes(Workbench.AddOnePlan), engine));
        Cli.Run("export", "triton", plan, "-o", Repository).Fails(1, "cannot be measured here", "--latencies", "--no-measure");
        Assert.That(Directory.Exists(Repository), Is.False);
        CliResult result = Export(plan, "--no-measure");
        Assert.That(result.Errors, Does.Contain("Triton must have the TensorRT and GPU"));
        Assert.That(File.ReadAllBytes(Path.Combine(Repository, "t4", "1", "model.plan")), Is.EqualTo(engine));
        Assert.That(Config("t4").DynamicBatching!.PreferredBatchSizes, Is.Empty);
        Export(plan, "--version", "2", "--latencies", Latencies((1, 100), (8, 40)), "--force");
        Assert.That(Config("t4").DynamicBatching!.PreferredBatchSizes, Is.EqualTo([8]));
    }

    [Test]
    public void Host_plans_are_refused_unless_allowed_with_or_without_header()
    {
        string raw = _folder["raw.plan"];
        Cli.Run("build", Workbench.AddOne, "-o", raw, "--raw", "--profile", "x:min=1x4,opt=4x4,max=8x4").Exits(0);
        foreach (string plan in new[] { raw, Workbench.AddOnePlan })
        {
            Cli.Run("export", "triton", plan, "-o", Repository).Fails(1, "no TensorRT engine, and Triton cannot load it", "--allow-host-plan");
        }

        Export(raw, "--allow-host-plan", "--no-measure");
        Assert.That(ModelRepository.Scan(Repository).Single().Options.MaxBatch, Is.EqualTo(8));
    }

    [Test]
    public void Without_a_batch_dimension_dims_are_whole_shapes()
    {
        Export(Workbench.StaticPlan, "--allow-host-plan", "--duration", "0.01");
        ModelConfig c = Config("static");
        Assert.That((c.MaxBatchSize, c.DynamicBatching), Is.EqualTo((0, (DynamicBatching?)null)));
        Assert.That(c.Inputs[0].Dims, Is.EqualTo([2L, 3L]));
        Assert.That(c.Cuda!.GraphSpecs.Select(g => (g.BatchSize, g.Inputs["x"])), Is.EqualTo([(0, new TensorShape(2, 3))]));
        Assert.That(ModelRepository.Scan(Repository).Single().Warnings, Is.Empty);
        Cli.Run("export", "triton", Workbench.StaticPlan, "-o", _folder["r"], "--allow-host-plan", "--batch", "2").Fails(2, "dynamic first dimension");
    }

    [Test]
    public void Graphs_are_those_of_every_shape_and_batch()
    {
        string plan = _folder["sum.plan"];
        Cli.Run("build", Workbench.Sum, "-o", plan, "--profile", "left:min=1x2,opt=2x4,max=4x8;right:min=1x2,opt=2x4,max=4x8").Exits(0);
        Export(plan, "--allow-host-plan", "--no-measure", "--batch", "1,4", "--shapes", "left:1x4,right:1x4", "--shapes", "left:1x8,right:1x8");
        Assert.That(
            Config("sum").Cuda!.GraphSpecs.Select(g => $"{g.BatchSize} {g.Inputs["left"]} {g.Inputs["right"]}"),
            Is.EqualTo(["1 4 4", "4 4 4", "1 8 8", "4 8 8"]));
        Assert.That(Config("sum").Inputs[0].Dims, Is.EqualTo([-1L]));
        Assert.That(ModelRepository.Scan(Repository).Single().Options.WarmShapes, Has.Count.EqualTo(2));
        Cli.Run("export", "triton", plan, "-o", Repository, "--allow-host-plan", "--no-measure", "--version", "2", "--shapes", "left:1x9,right:1x9")
            .Fails(2, "allows 2 to 8");
        Export(plan, "--allow-host-plan", "--no-measure", "--no-graphs", "--force");
        Assert.That((Config("sum").Cuda!.Graphs, Config("sum").Cuda!.GraphSpecs.Count), Is.EqualTo(((bool?)false, 0)));
    }

    [Test]
    public void Nothing_is_replaced_unasked()
    {
        string[] usual = ["--allow-host-plan", "--no-measure", "--name", "rec"];
        Export(Workbench.AddOnePlan, usual);
        byte[] config = File.ReadAllBytes(Path.Combine(Repository, "rec", "config.pbtxt"));
        Run(usual).Fails(1, "exists: --force replaces it, --version writes another");
        Run([.. usual, "--version", "2", "--instances", "3"]).Fails(1, "config.pbtxt exists and says something else", "--keep-config");
        Assert.That(Directory.Exists(Path.Combine(Repository, "rec", "2")), Is.False);
        Run([.. usual, "--version", "2"]).Exits(0);
        Run([.. usual, "--version", "3", "--instances", "3", "--keep-config"]).Exits(0);
        Assert.That(File.ReadAllBytes(Path.Combine(Repository, "rec", "config.pbtxt")), Is.EqualTo(config));
        Run([.. usual, "--version", "3", "--instances", "3", "--force"]).Exits(0);
        Assert.That(Config("rec").InstanceGroups[0].Count, Is.EqualTo(3));
        Assert.That(ModelRepository.Scan(Repository).Single().Version, Is.EqualTo("3"));
    }

    [TestCase("--name 'two words'", "is no model's name")]
    [TestCase("--name ../out", "is no model's name")]
    [TestCase("--version 0", "--version 0 is out of range")]
    [TestCase("--instances 65", "--instances 65 is out of range")]
    [TestCase("--gpus 0,x", "--gpus 'x' is no device")]
    [TestCase("--max-delay -1", "--max-delay -1 is out of range")]
    [TestCase("--max-delay nan", "--max-delay")]
    [TestCase("--batch 16", "--batch 16 is above the plan's largest batch, 8")]
    [TestCase("--profile-index 1", "the plan has 1 profile")]
    [TestCase("--force --keep-config", "choose one")]
    public void Wrong_options_are_refused(string options, string message)
    {
        string[] args = options.Contains('\'', StringComparison.Ordinal) ? ["--name", "two words"] : options.Split(' ');
        Run(["--allow-host-plan", "--no-measure", .. args]).Fails(2, message);
        Assert.That(Directory.Exists(Repository), Is.False);
    }

    [TestCase("{}", "has no results")]
    [TestCase("{\"results\":[null]}", "has no results")]
    [TestCase("no json", "is no JSON document")]
    [TestCase("[]", "is not what pinion bench --json prints")]
    [TestCase("{\"schemaVersion\":99}", "schema version 99")]
    public void Wrong_latencies_are_refused(string text, string message)
    {
        File.WriteAllText(_folder["l.json"], text);
        Run(["--allow-host-plan", "--latencies", _folder["l.json"]]).Fails(1, message);
    }

    [Test]
    public void Latencies_of_another_model_are_refused()
    {
        string file = Latencies((1, 100));
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"x\"", "\"image\"", StringComparison.Ordinal));
        Run(["--allow-host-plan", "--latencies", file]).Fails(1, "is about another model: it has the inputs image, and the plan x");
        Run(["--allow-host-plan", "--latencies", Latencies((16, 100))]).Fails(1, "no batch size within the plan's, 1 to 8");
        Run(["--allow-host-plan", "--latencies", _folder["absent.json"]]).Fails(1, "does not exist");
    }

    private CliResult Run(string[] options) => Cli.Run(["export", "triton", Workbench.AddOnePlan, "-o", Repository, .. options]);

    private CliResult Export(string plan, params string[] options) => Cli.Run(["export", "triton", plan, "-o", Repository, .. options]).Exits(0);

    private ModelConfig Config(string name = "addone") =>
        ModelConfig.Parse(File.ReadAllText(Path.Combine(Repository, name, "config.pbtxt")), "config.pbtxt", out _);

    /// <summary>What bench prints, with the throughput of each batch size given.</summary>
    private string Latencies(params (int Batch, double Qps)[] results)
    {
        const string summary = """{"min":1,"mean":1,"median":1,"p90":1,"p95":1,"p99":1,"max":1}""";
        string[] rows = [.. results.Select(r => $$"""
            {"batch":{{r.Batch}},"shapes":{"x":[{{r.Batch}},4]},"profile":0,"samples":10,"warmUpRuns":1,"wallSeconds":1,"throughputQps":{{r.Qps}},"graph":true,
             "latencyMs":{{summary}},"h2dMs":{{summary}},"gpuComputeMs":{{summary}},"d2hMs":{{summary}},"enqueueMs":{{summary}},"wallMs":{{summary}},"computeCvPercent":1,"warnings":[]}
            """)];
        string path = _folder["latencies.json"];
        File.WriteAllText(path, $$"""{"path":"a.plan","sdk":"nvidia","tensorrt":"8.6.1","device":"Tesla T4","results":[{{string.Join(',', rows)}}],"notes":[]}""");
        return path;
    }
}
