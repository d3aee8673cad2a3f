using System.Diagnostics;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Whole runs of small models.</summary>
public sealed class SuiteRunTests
{
    private static readonly string[] ModeNames = ["graph-1", "plain-1", "graph-2"];

    [Test]
    public void Every_cell_is_measured_in_every_mode_and_says_what_it_ran_on()
    {
        using var folder = new TemporaryFolder();
        (CliResult command, SuiteResults results) = SuiteBench.Run(
            folder["run"], "--models", $"{SuiteBench.AddOne},{SuiteBench.Dense}", "--batch", "1,3", "--precision", "fp32,fp16");
        command.Exits(0);
        Assert.That(command.Errors, Does.Match(@"8 cells to measure, 4 engines to build: 0:13 of measuring at least \(3 modes, 1\.\d s a cell\), and the builds; 1 MB of disk"));
        Assert.That(command.Output, Does.Match(@"8 cells, all measured: \S+report\.html \(report\.md and results\.csv beside it\)"));
        Assert.That(command.Output.Split('\n').Count(l => l.Contains(": measured in ", StringComparison.Ordinal)), Is.EqualTo(8), "a line per cell");
        Assert.That(results.Complete, Is.True);
        Assert.That(results.Cells.Select(c => (Path.GetFileName(c.Model), c.Precision, c.Batch)), Is.EquivalentTo(
            from m in new[] { "addone.onnx", "dense.onnx" } from p in new[] { "fp32", "fp16" } from b in new[] { 1, 3 } select (m, p, b)));
        foreach (SuiteCell cell in results.Cells)
        {
            Assert.That(cell.Status, Is.EqualTo(CellStatus.Measured));
            Assert.That(cell.Modes.Select(m => m.Name), Is.EqualTo(ModeNames));
            Assert.That(cell.Modes.Select(m => m.Sessions), Is.EqualTo([1, 1, 2]));
            Assert.That(cell.Modes[1].Graph, Is.False);
            Assert.That(cell.Build!.PlanBytes, Is.GreaterThan(0));
            Assert.That(cell.Memory!.HostPeakBytes, Is.GreaterThan(1 << 20));
            Assert.That(cell.Accuracy!.Elements, Is.EqualTo(4 * cell.Batch));
            Assert.That((cell.Accuracy.NaN, cell.Accuracy.Infinite), Is.EqualTo((0L, 0L)));
            Assert.That(cell.Accuracy.MaxAbs, Is.LessThan(0.1));
            if (SuiteBench.Sdk == Sdk.Host)
            {
                Assert.That(cell.RanOn, Does.StartWith("no GPU: TensorRT host SDK"));
                Assert.That(cell.ComputedIn, Does.StartWith("FP32"));
                Assert.That(cell.Warnings.Any(w => w.StartsWith("FP16 was asked for", StringComparison.Ordinal)), Is.EqualTo(cell.Precision == "fp16"));
            }
        }

        foreach (IGrouping<(string, string), SuiteCell> engine in results.Cells.GroupBy(c => (c.Model, c.Precision)))
        {
            Assert.That(engine.Select(c => c.Build!.Reused), Is.EqualTo([false, true]), "one engine for all batches");
        }
    }

    [Test]
    public void Summaries_are_those_of_the_samples_beside_them()
    {
        using var folder = new TemporaryFolder();
        SuiteResults results = SuiteBench.Run(folder["run"], "--models", SuiteBench.Dense).Results;
        SuiteCell cell = results.Cells.Single();
        foreach (SuiteMode mode in cell.Modes)
        {
            IReadOnlyDictionary<string, double[]> columns = SampleFile.Read(Path.Combine(folder["run"], mode.SamplesFile));
            Assert.That(columns["wallMs"], Has.Length.EqualTo(mode.Samples));
            Assert.That(mode.Samples, Is.GreaterThanOrEqualTo(results.Protocol.Iterations));
            SampleSummary wall = Statistics.Summarize(columns["wallMs"]);
            Assert.That((mode.WallMs.Median, mode.WallMs.P99, mode.WallMs.Max), Is.EqualTo((wall.Median, wall.P99, wall.Max)));
            SampleSummary compute = Statistics.Summarize(columns["computeMs"]);
            Assert.That((mode.GpuComputeMs.Min, mode.GpuComputeMs.Median), Is.EqualTo((compute.Min, compute.Median)));
            Assert.That(columns["startMs"], Is.Ordered);
        }

        SuiteWaterfall w = cell.Waterfall!;
        Assert.That(w.ManagedCallMs + w.EnqueueMs + w.H2dMs + w.ComputeMs + w.D2hMs + w.WakeUpMs, Is.EqualTo(w.WallMs).Within(1e-9));
        Assert.That(w.WallMs, Is.InRange(cell.Modes[0].WallMs.Min, cell.Modes[0].WallMs.P95!.Value));
    }

    [Test]
    public void Paddle_counts_runs_and_builds_an_engine_per_batch()
    {
        using var folder = new TemporaryFolder();
        SuiteResults results = SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne, "--protocol", "paddleclas", "--batch", "1,2").Results;
        Assert.That((results.Protocol.Runs, results.Protocol.DroppedRuns), Is.EqualTo((60, 10)));
        Assert.That(results.Cells.Select(c => c.Build!.Reused), Is.EqualTo([false, false]));
        foreach (SuiteMode mode in results.Cells.SelectMany(c => c.Modes).Where(m => m.Sessions == 1))
        {
            Assert.That((mode.Samples, mode.WarmUpRuns), Is.EqualTo((50, 10)));
        }
    }

    [Test]
    public void Dynamic_dimensions_need_shapes_and_take_them()
    {
        using var folder = new TemporaryFolder();
        Cli.Run("suite", "--quick", "-o", folder["a"], "--models", SuiteBench.Wide).Fails(2, "wide.onnx", "dimension 1 is dynamic", "--shapes line:1x224");
        SuiteResults results = SuiteBench.Run(folder["b"], "--models", SuiteBench.Wide, SuiteBench.AddOne, "--shapes", "line:1x6", "--batch", "2").Results;
        Assert.That(results.Cells.Select(c => (c.Status, c.Accuracy!.Elements)), Is.EqualTo([(CellStatus.Measured, 12L), (CellStatus.Measured, 8L)]));
        Cli.Run("suite", "--quick", "-o", folder["c"], "--models", SuiteBench.AddOne, "--shapes", "linee:1x6").Fails(2, "--shapes linee:1x6");
    }

    [Test]
    public void Resuming_repeats_nothing_that_finished()
    {
        using var folder = new TemporaryFolder();
        SuiteResults first = SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne, "--batch", "1,2").Results;
        // As power loss after the first cell would leave it.
        SuiteResults half = first with { Complete = false, Cells = [first.Cells[0]] };
        File.WriteAllBytes(Path.Combine(folder["run"], "results.json"), half.ToJson());
        string samples = Path.Combine(folder["run"], first.Cells[0].Modes[0].SamplesFile);
        DateTime written = File.GetLastWriteTimeUtc(samples);
        CliResult command = Cli.Run("suite", "--resume", "-o", folder["run"]).Exits(0);
        var resumed = SuiteResults.Load(folder["run"]);
        Assert.That(command.Output, Does.Contain("[2/2]").And.Not.Contain("[1/2]"));
        Assert.That((resumed.Id, resumed.Complete, resumed.Cells.Count), Is.EqualTo((first.Id, true, 2)));
        Assert.That(resumed.Cells[0].CellSeconds, Is.EqualTo(first.Cells[0].CellSeconds), "the very cell");
        Assert.That(File.GetLastWriteTimeUtc(samples), Is.EqualTo(written));
        Assert.That(resumed.Cells[1].Build!.Reused, Is.True, "the engine of the first part");
        CliResult again = Cli.Run("suite", "--resume", "-o", folder["run"]).Exits(0);
        Assert.That(again.Output, Does.Not.Contain(": measured in"), "a complete run has nothing to measure");
    }

    /// <summary>What cells are compared with touches no figure.</summary>
    [Test]
    public void Another_comparison_needs_no_new_measurement()
    {
        using var folder = new TemporaryFolder();
        SuiteResults run = SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne).Results;
        Assert.That(run.Cells.Single().Comparison, Is.Null);
        string page = Path.Combine(folder["run"], "report.html");
        Assert.That(Cli.Run("suite", "report", folder["run"], "--compare", folder["run"]).Exits(0).Output, Does.StartWith(page));
        Assert.That(File.ReadAllText(page), Does.Contain("1.00 times"));
        Assert.That(SuiteResults.Load(folder["run"]).ToJson(), Is.EqualTo(run.ToJson()), "the report alone");

        Cli.Run("suite", "--resume", "-o", folder["run"], "--compare", folder["run"]).Exits(0);
        var compared = SuiteResults.Load(folder["run"]);
        Assert.That((compared.Protocol.Compare, compared.Cells.Single().Comparison!.Ratio), Is.EqualTo((folder["run"], 1.0)));
        Assert.That(compared.Cells.Single().CellSeconds, Is.EqualTo(run.Cells.Single().CellSeconds), "the very cell");
        Cli.Run("suite", "report", folder["run"], "--compare", "k80").Fails(2, "--compare k80 is neither v100 nor t4");
    }

    [Test]
    public void Another_setting_or_machine_cannot_resume()
    {
        using var folder = new TemporaryFolder();
        SuiteResults run = SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne).Results;
        Cli.Run("suite", "--resume", "-o", folder["run"], "--batch", "1,8").Fails(1, "cannot be resumed", "--batch was 1, is 1,8");
        Cli.Run("suite", "--resume", "-o", folder["run"], "--models", SuiteBench.Dense).Fails(1, "--models was", "dense.onnx");
        SuiteResults elsewhere = run with { Environment = run.Environment with { TensorRt = "7.0.0", Cpu = "an abacus" } };
        File.WriteAllBytes(Path.Combine(folder["run"], "results.json"), elsewhere.ToJson());
        Cli.Run("suite", "--resume", "-o", folder["run"]).Fails(1, "TensorRT was 7.0.0, is", "CPU was an abacus");
        Assert.That(SuiteResults.Load(folder["run"]).Cells, Has.Count.EqualTo(1), "nothing lost");
    }

    [Test]
    public void A_model_that_changed_cannot_resume()
    {
        using var folder = new TemporaryFolder();
        string model = folder["model.onnx"];
        File.Copy(SuiteBench.AddOne, model);
        SuiteResults run = SuiteBench.Run(folder["run"], "--models", model, "--batch", "1,2").Results;
        File.WriteAllBytes(Path.Combine(folder["run"], "results.json"), (run with { Cells = [run.Cells[0]] }).ToJson());
        File.Copy(SuiteBench.Dense, model, overwrite: true);
        Cli.Run("suite", "--resume", "-o", folder["run"]).Fails(1, "model.onnx has changed");
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Ctrl_c_leaves_results_that_resume()
    {
        using var folder = new TemporaryFolder();
        using Process process = Cli.Start([], ["suite", "--models", SuiteBench.AddOne, "--batch", "1,2,3,4,5,6", "--precision", "fp32", "-o", folder["run"]]);
        string? line = process.StandardOutput.ReadLine();
        Assert.That(line, Does.StartWith("[1/6]"));
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}"]))
        {
            kill.WaitForExit();
        }

        CliResult result = Cli.Finish(process);
        Assert.That(result.ExitCode, Is.EqualTo(130), result.Errors);
        var stopped = SuiteResults.Load(folder["run"]);
        Assert.That(stopped.Complete, Is.False);
        Assert.That(stopped.Cells, Has.Count.InRange(1, 5));
        Assert.That(File.ReadAllText(Path.Combine(folder["run"], "report.md")), Does.Contain("the run is not complete"));
        Assert.That(result.Errors, Does.Contain("--resume"));
        Assert.That(Directory.EnumerateFiles(folder["run"], "*", SearchOption.AllDirectories).Select(Path.GetFileName), Has.None.EndsWith(".tmp"));
    }
}
