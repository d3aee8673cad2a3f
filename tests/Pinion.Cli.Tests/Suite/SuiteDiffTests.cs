using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

/// <summary>Comparing real runs, and runs whose samples were changed.</summary>
public sealed class SuiteDiffTests
{
    private TemporaryFolder _folder = null!;
    private SuiteResults _run = null!;

    [OneTimeSetUp]
    public void Measure()
    {
        _folder = new TemporaryFolder();
        // A device that takes its time, so that processes differ little.
        _run = SuiteBench.RunWith([("PINION_HOST_TENSORRT_FAULTS", "enqueue_delay=5000")], _folder["old"], "--models", SuiteBench.AddOne, "--batch", "1,2", "--processes", "7").Results;
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_run_against_itself_is_the_same()
    {
        CliResult result = Cli.Run("suite", "diff", _folder["old"], _folder["old"], "--json").Exits(0);
        JsonElement d = result.Json();
        Assert.That(d.GetProperty("regressed").GetBoolean(), Is.False);
        foreach (JsonElement cell in d.GetProperty("cells").EnumerateArray())
        {
            Assert.That(cell.GetProperty("ratio").GetDouble(), Is.EqualTo(1));
            Assert.That(cell.GetProperty("verdict").GetString(), Is.EqualTo("same"));
            Assert.That(cell.GetProperty("low").GetDouble(), Is.LessThanOrEqualTo(1));
            Assert.That(cell.GetProperty("high").GetDouble(), Is.GreaterThanOrEqualTo(1));
        }

        Assert.That(Cli.Run("suite", "diff", _folder["old"], _folder["old"], "--json").Output, Is.EqualTo(result.Output), "the interval is the same every time");
    }

    [Test]
    public void A_real_regression_fails_and_an_allowed_one_does_not()
    {
        Slow("slow", factor: 1.5);
        CliResult failed = Cli.Run("suite", "diff", _folder["old"], _folder["slow"], "--markdown", _folder["diff.md"]).Exits(1);
        Assert.That(failed.Output, Does.Contain("REGRESSION").And.Contain("1.500"));
        Assert.That(File.ReadAllText(_folder["diff.md"]), Does.Contain("| REGRESSION |"));
        CliResult allowed = Cli.Run("suite", "diff", _folder["old"], _folder["slow"], "--fail-over", "200%").Exits(0);
        Assert.That(allowed.Output, Does.Not.Contain("REGRESSION"));
        Assert.That(Cli.Run("suite", "diff", _folder["slow"], _folder["old"]).Exits(0).Output, Does.Contain("faster"));
    }

    [Test]
    public void A_mode_that_one_process_measured_allows_no_verdict()
    {
        Slow("slower", factor: 3);
        CliResult result = Cli.Run("suite", "diff", _folder["old"], _folder["slower"], "--mode", "plain-1", "--json").Exits(0);
        foreach (JsonElement cell in result.Json().GetProperty("cells").EnumerateArray())
        {
            Assert.That(cell.GetProperty("ratio").GetDouble(), Is.EqualTo(3).Within(1e-6));
            Assert.That((cell.GetProperty("oldProcesses").GetInt32(), cell.GetProperty("low").ValueKind), Is.EqualTo((1, JsonValueKind.Null)));
            Assert.That(cell.GetProperty("verdict").GetString(), Is.EqualTo("cannot tell"));
        }

        Assert.That(Cli.Run("suite", "diff", _folder["old"], _folder["slower"], "--mode", "plain-1").Output, Does.Contain("measured by 1 and 1 processes"));
    }

    [Test]
    public void Other_hardware_is_refused_unless_asked_for()
    {
        Slow("elsewhere", factor: 1, cpu: "an abacus");
        Cli.Run("suite", "diff", _folder["old"], _folder["elsewhere"]).Fails(1, "an abacus", "--across-hardware");
        CliResult across = Cli.Run("suite", "diff", _folder["old"], _folder["elsewhere"], "--across-hardware").Exits(0);
        Assert.That(across.Output, Does.Contain("different hardware"));
    }

    [Test]
    public void Bad_input_is_explained()
    {
        Cli.Run("suite", "diff", _folder["old"], _folder["nowhere"]).Fails(1, "has no results.json");
        Cli.Run("suite", "diff", _folder["old"], _folder["old"], "--fail-over", "lots").Fails(2, "--fail-over 'lots'");
        Cli.Run("suite", "diff", _folder["old"], _folder["old"], "--mode", "graph-3").Fails(1, "There is no mode 'graph-3'");
        Slow("truncated", factor: 1);
        string samples = Path.Combine(_folder["truncated"], _run.Cells[0].Modes[0].SamplesFile);
        File.WriteAllBytes(samples, File.ReadAllBytes(samples)[..^1]);
        Cli.Run("suite", "diff", _folder["old"], _folder["truncated"]).Fails(1, "is no whole file of samples");
    }

    /// <summary>A copy of the run whose latencies are so many times as long, as if measured on another CPU where one is given.</summary>
    private void Slow(string name, double factor, string? cpu = null)
    {
        Directory.CreateDirectory(Path.Combine(_folder[name], "samples"));
        foreach (string file in _run.Cells.SelectMany(c => c.Modes).SelectMany(m => m.Processes!).Select(p => p.SamplesFile))
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(_folder["old"], file));
            int samples = BitConverter.ToInt32(bytes, 16);
            int header = 24 + (16 * BitConverter.ToInt32(bytes, 12));
            // The first three columns are copies in, compute and copies out, in 32 bits each.
            for (int at = header; at < header + (3 * 4 * samples); at += 4)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(at), (float)(BitConverter.ToSingle(bytes, at) * factor));
            }

            File.WriteAllBytes(Path.Combine(_folder[name], file), bytes);
        }

        SuiteResults copy = cpu is null ? _run : _run with { Environment = _run.Environment with { Cpu = cpu, Device = cpu } };
        File.WriteAllBytes(Path.Combine(_folder[name], "results.json"), copy.ToJson());
    }
}
