using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Whatever goes wrong in a cell costs that cell, and is told.</summary>
public sealed class SuiteFailureTests
{
    private const string TensorRt = "PINION_HOST_TENSORRT_FAULTS";

    [Test]
    public void A_model_that_cannot_be_built_costs_its_cells_only()
    {
        using var folder = new TemporaryFolder();
        (CliResult command, SuiteResults results) = SuiteBench.Run(folder["run"], "--models", SuiteBench.Unsupported, SuiteBench.AddOne, "--batch", "1,2");
        command.Exits(1);
        Assert.That(results.Cells.Select(c => c.Status), Is.EqualTo([CellStatus.Failed, CellStatus.Failed, CellStatus.Measured, CellStatus.Measured]));
        Assert.That(results.Cells[0].Problem, Does.StartWith("building the engine: ").And.Contain("Frobnicate"));
        Assert.That(results.Complete, Is.True);
        Assert.That(File.ReadAllText(Path.Combine(folder["run"], "report.md")), Does.Contain("## Cells without figures").And.Contain("Frobnicate"));
        CliResult retried = Cli.Run("suite", "--resume", "--retry", "-o", folder["run"]).Exits(1);
        Assert.That(retried.Output.Split('\n').Count(l => l.Contains(": failed in ", StringComparison.Ordinal)), Is.EqualTo(2), "measured cells are kept");
    }

    [TestCase("build:1=out_of_memory", "OutOfMemory")]
    [TestCase("run:1+=fail", "Failed")]
    public void Faults_of_the_sdk_are_told(string fault, string status)
    {
        NeedsTheHostSdk();
        using var folder = new TemporaryFolder();
        (CliResult command, SuiteResults results) = SuiteBench.RunWith([(TensorRt, fault)], folder["run"], "--models", SuiteBench.AddOne);
        command.Exits(1);
        SuiteCell cell = results.Cells.Single();
        Assert.That($"{cell.Status}", Is.EqualTo(status), cell.Problem);
        Assert.That(cell.Problem, Is.Not.Empty);
        Assert.That(cell.Modes, Is.Empty);
    }

    [Test]
    public void A_hang_is_ended_at_the_limit()
    {
        NeedsTheHostSdk();
        using var folder = new TemporaryFolder();
        (CliResult command, SuiteResults results) = SuiteBench.RunWith(
            [(TensorRt, "build_delay=600000")], folder["run"], "--models", SuiteBench.AddOne, "--cell-limit", "3");
        command.Exits(1);
        Assert.That(results.Cells.Single().Status, Is.EqualTo(CellStatus.TimedOut));
        Assert.That(results.Cells.Single().Problem, Does.Contain("limit of 3 s"));
    }

    [Test]
    [Platform("Linux")]
    public void A_crash_is_one_cell_and_the_suite_goes_on()
    {
        NeedsTheHostSdk();
        using var folder = new TemporaryFolder();
        using Process process = Cli.Start(
            [(TensorRt, "build_delay=600000")], ["suite", "--quick", "--models", SuiteBench.AddOne, "--batch", "1,2", "-o", folder["run"]]);
        int child = WaitForBuilder(process.Id, Path.Combine(folder["run"], "engines"));
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -KILL {child}"]))
        {
            kill.WaitForExit();
        }

        Cli.Finish(process).Exits(1);
        var results = SuiteResults.Load(folder["run"]);
        Assert.That(results.Cells.Select(c => c.Status), Is.EqualTo([CellStatus.Crashed, CellStatus.Crashed]), "one engine holds both batches, and it is built once");
        Assert.That(results.Cells[0].Problem, Does.Contain("signal 9 (SIGKILL)"));
        Assert.That(results.Complete, Is.True);
    }

    [Test]
    public void Unknown_models_name_the_nearest()
    {
        using var folder = new TemporaryFolder();
        Cli.Run("suite", "-o", folder["a"], "--models", "zoo:DPN86").Fails(2, "zoo:DPN86", "Did you mean 'DPN68'");
        Cli.Run("suite", "-o", folder["a"], "--models", "zoo:XYZ*").Fails(2, "the zoo has no such model");
        Cli.Run("suite", "-o", folder["a"], "--models", SuiteBench.AddOne.Replace("addone", "adone", StringComparison.Ordinal)).Fails(1, "does not exist. Did you mean addone.onnx?");
        Cli.Run("suite", "-o", folder["a"], "--models", "model.plan").Fails(2, "model.plan is neither zoo:PATTERN nor an .onnx file");
        Assert.That(Directory.Exists(folder["a"]), Is.False, "nothing is made for a command that cannot run");
    }

    [TestCase("--precision 'fp61'", "--precision", "fp61")]
    [TestCase("Did you mean 'paddleclas'", "--protocol", "paddleclass")]
    [TestCase("--cell-limit 0 is out of range", "--cell-limit", "0")]
    [TestCase("--batch '0'", "--batch", "0")]
    [TestCase("--compare v1000 is neither", "--compare", "v1000")]
    [TestCase("--models zoo:DPN99: the zoo has no such model", "--models", "zoo:DPN68, zoo:DPN99")]
    [TestCase("--retry goes with --resume", "--retry")]
    public void Wrong_options_are_usage_errors(string reason, params string[] options)
    {
        using var folder = new TemporaryFolder();
        Cli.Run(["suite", "-o", folder["run"], "--models", SuiteBench.AddOne, .. options]).Fails(2, reason);
    }

    [Test]
    public void Folders_of_other_things_are_refused_and_left_alone()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["letter.txt"], "dear");
        string root = Path.GetDirectoryName(folder["letter.txt"])!;
        Cli.Run("suite", "--models", SuiteBench.AddOne, "-o", root).Fails(1, "holds something else (letter.txt)");
        Cli.Run("suite", "--models", SuiteBench.AddOne, "-o", folder["letter.txt"]).Fails(1, "is a file");
        Cli.Run("suite", "--resume", "-o", folder["none"]).Fails(1, "has no run to resume");
        Cli.Run("suite", "--models", SuiteBench.AddOne).Fails(2, "-o DIR is missing");
        Assert.That(folder.Files(), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_run_is_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        SuiteResults run = SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne).Results;
        Cli.Run("suite", "--quick", "--models", SuiteBench.AddOne, "-o", folder["run"]).Fails(1, $"holds run {run.Id} with 1 of 1 cell;", "--resume");
        Assert.That(SuiteResults.Load(folder["run"]).Updated, Is.EqualTo(run.Updated));
    }

    [TestCase("{ \"schemaVersion\": 1, \"id\": ", "is damaged and was left as it is")]
    [TestCase("{ \"schemaVersion\": 99 }", "is of schema version 99")]
    [TestCase("{ \"schemaVersion\": 1 }", "is damaged and was left as it is")]
    [TestCase("[]", "has no schemaVersion")]
    public void Damaged_results_are_neither_read_nor_touched(string text, string reason)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run"]);
        File.WriteAllText(Path.Combine(folder["run"], "results.json"), text);
        Cli.Run("suite", "--resume", "-o", folder["run"]).Fails(1, reason);
        Cli.Run("suite", "--models", SuiteBench.AddOne, "-o", folder["run"]).Fails(1, reason);
        Cli.Run("suite", "diff", folder["run"], folder["run"]).Fails(1, reason);
        Assert.That(File.ReadAllText(Path.Combine(folder["run"], "results.json")), Is.EqualTo(text));
    }

    /// <summary>Fields that were added within the version: runs from before have none of them, later ones have more.</summary>
    [Test]
    public void Runs_of_other_pinions_of_the_same_version_are_read()
    {
        using var folder = new TemporaryFolder();
        SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne);
        string path = Path.Combine(folder["run"], "results.json");
        JsonNode results = JsonNode.Parse(File.ReadAllText(path))!;
        foreach (JsonNode? mode in results["cells"]![0]!["modes"]!.AsArray())
        {
            Assert.That(mode!.AsObject().Remove("clocks"), Is.True);
        }

        results["fieldOfTheFuture"] = 1;
        File.WriteAllText(path, results.ToJsonString());
        Cli.Run("suite", "report", folder["run"]).Exits(0);
        Cli.Run("suite", "diff", folder["run"], folder["run"]).Exits(0);
    }

    /// <summary>A limit on file sizes stands for a full disk: both are errors of writing.</summary>
    [Test]
    [Platform("Linux")]
    public void A_full_disk_ends_the_run_and_loses_nothing()
    {
        using var folder = new TemporaryFolder();
        SuiteResults before = SuiteBench.Run(folder["run"], "--models", SuiteBench.AddOne, "--batch", "1,2").Results;
        File.WriteAllBytes(
            Path.Combine(folder["run"], "results.json"),
            (before with { Cells = [before.Cells[0]] }).ToJson());
        CliResult result = Cli.RunInShell("trap '' XFSZ; ulimit -f 4; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"", "suite", "--resume", "-o", folder["run"]);
        result.Fails(1, "results.json cannot be written");
        Assert.That(SuiteResults.Load(folder["run"]).Cells, Has.Count.EqualTo(1));
    }

    [Test]
    public void The_hidden_command_explains_itself() => Cli.Run("suite-worker").Fails(2, "is run by pinion suite");

    private static void NeedsTheHostSdk()
    {
        if (SuiteBench.Sdk != Sdk.Host)
        {
            Assert.Ignore("faults are scripted in the host SDK");
        }
    }

    /// <summary>The child that builds: the one before it, which looks at the machine, is gone once results.json is there.</summary>
    private static int WaitForBuilder(int suite, string engines)
    {
        long end = Environment.TickCount64 + 120_000;
        while (Environment.TickCount64 < end)
        {
            // Asked first: where it is there, the children read after it hold no other.
            bool building = Directory.Exists(engines);
            string children = File.ReadAllText($"/proc/{suite}/task/{suite}/children").Trim();
            if (building && int.TryParse(children, CultureInfo.InvariantCulture, out int child))
            {
                return child;
            }

            Thread.Sleep(50);
        }

        Assert.Fail("the suite started no child process");
        return 0;
    }
}
