using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Benchmarking.Tests;

/// <summary>What a plain C# program does with the public API, on whatever SDK is here.</summary>
public sealed class FromCSharpTests
{
    private static readonly string[] Quantities = ["latencyMs", "h2dMs", "gpuComputeMs", "d2hMs", "enqueueMs", "wallMs"];

    private static readonly MeasureOptions Short = new() { WarmUpMs = 5, DurationSeconds = 0.05, Iterations = 20 };

    [Test]
    public void An_engine_is_measured_and_gives_the_documented_json()
    {
        using Engine engine = Build();
        using Session session = engine.CreateSession();
        session.SetBatch(2);
        LatencyResult result = Measure.Latency(session, Short);
        Assert.That(result.Samples, Has.Count.GreaterThanOrEqualTo(20));
        Assert.That((result.Shapes.Batch, $"{result.Shapes}", result.SessionCount), Is.EqualTo((2, "x:2x4", 1)));
        Assert.That(result.Wall.Median, Is.GreaterThan(0).And.LessThanOrEqualTo(result.Wall.P99 ?? result.Wall.Max));
        Assert.That(result.Latency.Max, Is.EqualTo(result.Samples.Max(s => s.LatencyMs)));
        Assert.That(result.ThroughputQps, Is.EqualTo(result.Samples.Count / result.WallSeconds).Within(1e-9));

        byte[] json = LatencyReport.Create("addone.plan", engine, result).ToJson();
        using var document = JsonDocument.Parse(json);
        Assert.That(Names(document.RootElement), Is.EqualTo(["path", "sdk", "tensorrt", "device", "precision", "settings", "results", "notes", "partial"]));
        Assert.That(
            Names(document.RootElement.GetProperty("settings")),
            Is.EqualTo(["warmUpMs", "durationSeconds", "iterations", "streams", "graph", "wait", "transfers", "seed"]));
        JsonElement figures = document.RootElement.GetProperty("results")[0];
        Assert.That(Names(figures), Is.EqualTo(
            ["batch", "shapes", "profile", "samples", "warmUpRuns", "wallSeconds", "throughputQps", "graph", "firstRunMs", .. Quantities, "computeCvPercent", "warnings", "partial", "rowsPerSecond"]));
        Assert.That(figures.GetProperty("rowsPerSecond").GetDouble(), Is.EqualTo(2 * result.ThroughputQps));
        Assert.That(Names(figures.GetProperty("latencyMs")), Is.EqualTo(["min", "mean", "median", "p90", "p95", "p99", "max", "cvPercent"]));
        Assert.That(figures.GetProperty("shapes").GetProperty("x").EnumerateArray().Select(d => d.GetInt64()), Is.EqualTo([2, 4]));
        Assert.That((document.RootElement.GetProperty("precision").GetString(), document.RootElement.GetProperty("settings").GetProperty("wait").GetString()), Is.EqualTo(("fp32", "block")));
        Assert.That(LatencyReport.FromJson(json).Results[0].LatencyMs, Is.EqualTo(result.Latency));
    }

    [Test]
    public void Inputs_are_drawn_from_the_seed_or_left_as_they_are()
    {
        using Engine engine = Build();
        using Session session = engine.CreateSession();
        session.SetBatch(1);
        session.Input<float>("x").Fill(7);
        Measure.Latency(session, Short with { Seed = null });
        Assert.That(session.Output<float>("y").ToArray(), Is.All.EqualTo(8f));
        Measure.Latency(session, Short with { Seed = 0 });
        // The first value that the documented generator draws for "x", plus one.
        Assert.That(session.Output<float>("y")[0], Is.EqualTo(1 - 0.597583532333374f).Within(1e-6));
    }

    [Test]
    public void Several_sessions_of_one_engine_overlap()
    {
        using Engine engine = Build();
        using Session one = engine.CreateSession();
        using Session two = engine.CreateSession();
        one.SetBatch(1);
        two.SetBatch(1);
        LatencyResult result = Measure.Latency([one, two], Short);
        Assert.That((result.SessionCount, result.Has(LatencyWarningKind.Overlapped)), Is.EqualTo((2, true)));
        Assert.That(LatencyReport.Create("p", engine, result).Settings.Streams, Is.EqualTo(2));
    }

    [Test]
    public void Several_shapes_are_measured_one_after_the_other()
    {
        using Engine engine = Build();
        using var bench = new EngineBench(engine, new EngineBenchOptions { Measure = Short });
        LatencyResult[] results = [.. new ShapeRequest([], [1, 3]).ForEngine(engine.Inputs, engine.Profiles).Select(s => bench.Measure(s))];
        Assert.That(results.Select(r => $"{r.Shapes}"), Is.EqualTo(["x:1x4", "x:3x4"]));
        Assert.That(bench.Session.GetShape("y"), Is.EqualTo(new TensorShape(3, 4)));
    }

    [Test]
    public void Wrong_arguments_are_refused_before_anything_runs()
    {
        using Engine engine = Build();
        using Session session = engine.CreateSession();
        Assert.That(() => Measure.Latency([]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Measure.Latency(session, new MeasureOptions { WarmUpMs = -1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        session.SetBatch(1);
        Assert.That(
            () => Measure.Latency(session, new MeasureOptions { DurationSeconds = -1 }, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_one_cell_suite_runs_in_this_process_and_says_so()
    {
        using var folder = new TemporaryFolder();
        var options = new SuiteOptions(folder["run"]) { Models = [Models.Dense], Quick = true };
        var progress = new Progress();
        SuiteResults results = new Suite(options).Run(progress);
        SuiteCell cell = results.Cells.Single();
        Assert.That(cell.Status, Is.EqualTo(CellStatus.Measured), cell.Problem);
        Assert.That((results.Complete, results.PlannedCells, results.Protocol.InProcess), Is.EqualTo((true, 1, true)));
        Assert.That(cell.Modes.Select(m => m.Name), Is.EqualTo(["graph-1", "plain-1", "graph-2"]));
        Assert.That(cell.Warnings, Has.Some.Contains("in the process of the suite"));
        Assert.That((progress.Cells, progress.Done), Is.EqualTo((1, 1)));
        if (results.Environment.Sdk == Sdk.Host)
        {
            Assert.That(cell.Accuracy!.MaxAbs, Is.EqualTo(0), "its own reference");
        }

        var read = SuiteResults.Load(folder["run"]);
        Assert.That(read.ToJson(), Is.EqualTo(results.ToJson()));
        Assert.That(SuiteDiff.Compare(folder["run"], folder["run"]).Cells.Single().Ratio, Is.EqualTo(1));
        Assert.That(File.ReadAllText(Path.Combine(folder["run"], SuiteReport.MarkdownName)), Does.Contain("in the process of the suite").And.Contain("dense"));
        Assert.That(File.ReadAllText(Path.Combine(folder["run"], SuiteReport.HtmlName)), Does.StartWith("<!DOCTYPE html>"));
        Assert.That(File.ReadAllText(Path.Combine(folder["run"], SuiteReport.CsvName)).Split('\n'), Has.Length.EqualTo(5), "a head, three modes, a line end");
        Assert.That(
            SampleFile.Read(Path.Combine(folder["run"], cell.Modes[0].SamplesFile))["wallMs"], Has.Length.EqualTo(cell.Modes[0].Samples));
    }

    [Test]
    public void A_suite_tells_before_what_it_needs()
    {
        using var folder = new TemporaryFolder();
        long weights = new FileInfo(Models.Dense).Length;
        SuiteOptions options = new(folder["run"]) { Models = [Models.Dense], Batches = [1, 2] };
        SuiteEstimate usual = new Suite(options).Estimate();
        Assert.That((usual.Cells, usual.Engines, usual.Modes, usual.Basis, usual.DiskBytes), Is.EqualTo((4, 2, 3, 0, 2 * weights)));
        Assert.That(usual.Time!.Value.TotalSeconds, Is.EqualTo(4 * 3 * 3.2).Within(1e-6));
        SuiteEstimate counted = new Suite(options with { Protocol = SuiteMethod.PaddleClas, Models = [Models.Dense, Models.AddOne], DeleteEngines = true }).Estimate();
        Assert.That((counted.Cells, counted.Engines, counted.Time), Is.EqualTo((8, 8, (TimeSpan?)null)));
        Assert.That(counted.DiskBytes, Is.EqualTo(4 * Math.Max(weights, new FileInfo(Models.AddOne).Length)), "one model's engines at a time");
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void A_suite_that_is_stopped_resumes()
    {
        using var folder = new TemporaryFolder();
        var options = new SuiteOptions(folder["run"]) { Models = [Models.AddOne], Quick = true, Batches = [1, 2] };
        using var stop = new CancellationTokenSource();
        Assert.That(() => new Suite(options).Run(new Progress { OnFinished = stop.Cancel }, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(SuiteResults.Load(folder["run"]), Has.Property(nameof(SuiteResults.Complete)).False);
        Assert.That(() => new Suite(options).Run(), Throws.TypeOf<SuiteResultsException>().With.Message.Contains("give Resume to continue it"));
        Assert.That(
            () => new Suite(new SuiteOptions(folder["run"]) { Resume = true, Batches = [8] }),
            Throws.TypeOf<SuiteResultsException>().With.Message.Contains("Batches was 1,2, is 8"));
        Assert.That(
            () => new Suite(new SuiteOptions(folder["run"]) { Resume = true, Worker = new SuiteWorkerCommand("worker") }),
            Throws.TypeOf<SuiteResultsException>().With.Message.Contains("Worker was none, is given"));
        SuiteResults resumed = new Suite(new SuiteOptions(folder["run"]) { Resume = true }).Run();
        Assert.That((resumed.Complete, resumed.Cells.Count), Is.EqualTo((true, 2)));
        Assert.That(resumed.Cells[1].Build!.Reused, Is.True, "the engine of the first part");
    }

    [Test]
    public void A_worker_that_cannot_be_started_is_named()
    {
        using var folder = new TemporaryFolder();
        var options = new SuiteOptions(folder["run"]) { Models = [Models.AddOne], Quick = true, Worker = new SuiteWorkerCommand(folder["no-such-program"], "work") };
        Assert.That(() => new Suite(options).Run(), Throws.TypeOf<BenchmarkException>().With.Message.Contains("no-such-program"));
        Assert.That(() => SuiteWorker.Run(TextReader.Null), Throws.TypeOf<BenchmarkException>());
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Wrong_settings_are_named_as_the_caller_names_them(bool own)
    {
        BenchmarkSettingException e = Assert.Throws<BenchmarkSettingException>(() => _ = new Suite(new SuiteOptions("x") { Models = [Models.AddOne], Retry = true }))!;
        Assert.That(own ? e.Describe(s => $"--{s}") : e.Message, Is.EqualTo(own ? "--Retry goes with --Resume." : "Retry goes with Resume."));
    }

    [Test]
    public void Shapes_that_are_missing_are_asked_for()
    {
        using var folder = new TemporaryFolder();
        var options = new SuiteOptions(folder["run"]) { Models = [Models.Wide], Quick = true };
        Assert.That(() => new Suite(options).Run(), Throws.TypeOf<BenchmarkSettingException>().With.Message.Contains("dimension 1 is dynamic"));
        Assert.That(() => new Suite(options with { Shapes = ["line:1x-6"] }), Throws.TypeOf<BenchmarkSettingException>().With.Message.StartsWith("Shapes: '-6'"));
    }

    private static Engine Build()
    {
        using Plan plan = EngineBuilder.Build(Models.AddOne, new EngineBuildOptions { ProfileCopies = 2, Profiles = [OptimizationProfile.Parse("x:min=1x4,opt=2x4,max=4x4")] });
        return Engine.Load(plan);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(p => p.Name);

    private sealed class Progress : ISuiteProgress
    {
        public int Cells { get; private set; }

        public int Done { get; private set; }

        public Action OnFinished { get; init; } = () => { };

        public void Begin(int cells, IReadOnlyList<SuiteCell> finished) => Cells = cells;

        public void Finished(SuiteCell cell)
        {
            Done++;
            OnFinished();
        }
    }
}
