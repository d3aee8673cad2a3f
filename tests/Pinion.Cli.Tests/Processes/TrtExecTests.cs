using System.Text.Json;
using System.Text.RegularExpressions;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class TrtExecTests
{
    private static readonly string[] Quick = ["--warmUp=0", "--duration=0"];

    [Test]
    public void The_summary_is_in_trtexecs_form()
    {
        string output = Run("--onnx=" + Workbench.AddOne, "--shapes=x:2x4", "--iterations=30", "--avgRuns=10").Exits(0).Output;
        const string Stamp = @"\[\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d\] \[I\] ";
        const string Number = @"[\d.e+-]+";
        foreach (string line in new[]
        {
            @"&&&& RUNNING TensorRT\.trtexec \[TensorRT v\d+\] # pinion trtexec .*--onnx=.*",
            $@"{Stamp}=== Model Options ===",
            $@"{Stamp}Format: ONNX",
            $@"{Stamp}Model: \S+addone\.onnx",
            $@"{Stamp}=== Build Options ===",
            $@"{Stamp}Precision: FP32",
            $@"{Stamp}Tactic sources: Using default tactic sources",
            $@"{Stamp}=== System Options ===",
            $@"{Stamp}=== Inference Options ===",
            $@"{Stamp}Input inference shape: x=2x4",
            $@"{Stamp}Iterations: 30",
            $@"{Stamp}Duration: 0s \(\+ 0ms warm up\)",
            $@"{Stamp}CUDA Graph: Disabled",
            $@"{Stamp}=== Reporting Options ===",
            $@"{Stamp}Averages: 10 inferences",
            $@"{Stamp}=== Device Information ===",
            $@"{Stamp}Engine built in {Number} sec\.",
            $@"{Stamp}Starting inference",
            $@"{Stamp}Timing trace has \d+ queries over {Number} s",
            $@"{Stamp}Average on 10 runs - GPU latency: {Number} ms - Host latency: {Number} ms \(enqueue {Number} ms\)",
            $@"{Stamp}=== Performance summary ===",
            $@"{Stamp}Throughput: {Number} qps",
            $@"{Stamp}Total Host Walltime: {Number} s",
            $@"{Stamp}Total GPU Compute Time: {Number} s",
            @"&&&& PASSED TensorRT\.trtexec \[TensorRT v\d+\] # pinion trtexec .*--onnx=.*",
        })
        {
            Assert.That(output, Does.Match($"(?m)^{line}$"));
        }

        foreach (string quantity in new[] { "Latency", "Enqueue Time", "H2D Latency", "GPU Compute Time", "D2H Latency", "Wall Time" })
        {
            Assert.That(output, Does.Match(
                $@"(?m)^{Stamp}{quantity}: min = {Number} ms, max = {Number} ms, mean = {Number} ms, median = {Number} ms, percentile\(90%\) = {Number} ms, percentile\(95%\) = {Number} ms, percentile\(99%\) = {Number} ms$"));
        }
    }

    [Test]
    public void Percentiles_are_those_asked_for()
    {
        string output = Run("--onnx=" + Workbench.Static, "--percentile=50,99.9").Exits(0).Output;
        Assert.That(output, Does.Match(@"percentile\(50%\) = \S+ ms, percentile\(99\.9%\) = \S+ ms"));
        Assert.That(output, Does.Not.Contain("percentile(90%)"));
    }

    [Test]
    public void Saved_engines_are_raw_and_load_again()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        Run("--onnx=" + Workbench.AddOne, "--minShapes=x:1x4", "--optShapes=x:2x4", "--maxShapes=x:4x4", "--saveEngine=" + folder["a.engine"], "--skipInference").Exits(0);
        Assert.That(Cli.Run("inspect", folder["a.engine"], "--json").Exits(0).Json().GetProperty("raw").GetBoolean(), Is.True);
        string output = Run("--loadEngine=" + folder["a.engine"], "--shapes=x:3x4", "--useCudaGraph", "--useSpinWait").Exits(0).Output;
        Assert.That(output, Does.Contain("Engine loaded in ").And.Contain("3x4").And.Contain("&&&& PASSED"));
        // Pinion's own plans load as well.
        Run("--loadEngine=" + Workbench.AddOnePlan, "--infStreams=2").Exits(0);
    }

    [Test]
    public void Several_streams_run_at_once()
    {
        CliResult result = Run("--onnx=" + Workbench.AddOne, "--shapes=x:2x4", "--infStreams=2").Exits(0);
        Assert.That(result.Errors, Does.Contain("Several inference streams run at once"));
    }

    [Test]
    public void Exports_are_json_in_trtexecs_form()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllBytes(folder["x.bin"], [.. new float[] { 1, 2, 3, 4, 5, 6 }.SelectMany(BitConverter.GetBytes)]);
        CliResult result = Run(
            "--onnx=" + Workbench.Static, "--loadInputs=x:" + folder["x.bin"], "--iterations=12", "--dumpOutput", "--dumpProfile",
            "--exportTimes=" + folder["t.json"], "--exportOutput=" + folder["o.json"], "--exportProfile=" + folder["p.json"]).Exits(0);
        Assert.That(result.Output, Does.Contain("y: (2x3)").And.Contain("2 3 4 5 6 7").And.Match(@"=== Profile \(\d+ iterations \) ==="));

        using var times = JsonDocument.Parse(File.ReadAllText(folder["t.json"]));
        Assert.That(times.RootElement.GetArrayLength(), Is.GreaterThanOrEqualTo(12));
        JsonElement first = times.RootElement[0];
        Assert.That(first.EnumerateObject().Select(p => p.Name), Is.EqualTo([
            "startEnqMs", "endEnqMs", "startH2dMs", "endH2dMs", "startComputeMs", "endComputeMs", "startD2hMs", "endD2hMs", "h2dMs", "computeMs", "d2hMs", "latencyMs",
        ]));
        double compute = first.GetProperty("endComputeMs").GetDouble() - first.GetProperty("startComputeMs").GetDouble();
        Assert.That(compute, Is.EqualTo(first.GetProperty("computeMs").GetDouble()).Within(1e-4));

        using var outputs = JsonDocument.Parse(File.ReadAllText(folder["o.json"]));
        Assert.That(outputs.RootElement[0].GetProperty("name").GetString(), Is.EqualTo("y"));
        Assert.That(outputs.RootElement[0].GetProperty("dimensions").GetString(), Is.EqualTo("2x3"));
        Assert.That(outputs.RootElement[0].GetProperty("values").EnumerateArray().Select(v => v.GetDouble()), Is.EqualTo([2.0, 3, 4, 5, 6, 7]));

        using var profile = JsonDocument.Parse(File.ReadAllText(folder["p.json"]));
        Assert.That(profile.RootElement[0].GetProperty("count").GetInt32(), Is.GreaterThan(0));
        Assert.That(profile.RootElement[1].GetProperty("averageMs").GetDouble(), Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void Dynamic_dimensions_nobody_gave_are_one_with_a_warning()
    {
        CliResult result = Run("--onnx=" + Workbench.Sum).Exits(0);
        Assert.That(result.Errors, Does.Match(@"\[W\] Input left is -1x-1 and no shapes were given; .*1x1"));
    }

    [Test]
    public void Flags_without_effect_are_warned_of_and_the_work_is_done() =>
        Assert.That(Run("--onnx=" + Workbench.Static, "--explicitBatch", "--minTiming=2").Exits(0).Errors, Does.Contain("--explicitBatch has no effect").And.Contain("--minTiming has no effect"));

    [TestCase(2, "Unknown option: --fp61; did you mean --fp16?", "--onnx=m.onnx", "--fp61")]
    [TestCase(2, "--int8 cannot be done", "--onnx=m.onnx", "--int8")]
    [TestCase(1, "m.onnx does not exist", "--onnx=m.onnx")]
    [TestCase(1, "m.engine does not exist", "--loadEngine=m.engine")]
    public void Failures_end_in_the_failed_line(int code, string reason, params string[] flags)
    {
        CliResult result = Cli.Run(["trtexec", .. flags]).Exits(code);
        Assert.That(result.Errors, Does.Contain("[E] ").And.Contain(reason));
        Assert.That(result.Output, Does.Match(@"(?m)^&&&& FAILED TensorRT\.trtexec.* # pinion trtexec " + Regex.Escape(flags[0])));
    }

    [Test]
    public void Raw_inputs_must_fit()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        File.WriteAllBytes(folder["x.bin"], new byte[10]);
        Run("--onnx=" + Workbench.Static, "--loadInputs=x:" + folder["x.bin"]).Fails(2, "has 10 bytes", "needs 24");
        Run("--onnx=" + Workbench.Static, "--loadInputs=z:" + folder["x.bin"]).Fails(2, "no input 'z'");
    }

    private static CliResult Run(params string[] flags) => Cli.Run(["trtexec", .. Quick, .. flags]);
}
