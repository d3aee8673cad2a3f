using System.Text.Json;
using Pinion.TestSupport;

namespace Pinion.Cli.Tests;

public sealed class BenchTests
{
    private static readonly string[] Quantities = ["latencyMs", "h2dMs", "gpuComputeMs", "d2hMs", "enqueueMs", "wallMs"];

    [Test]
    public void Json_has_the_documented_fields_for_every_batch()
    {
        JsonElement d = Bench(Workbench.AddOnePlan, "--batch", "1,4,8", "--iterations", "25");
        Assert.That(d.GetProperty("sdk").GetString(), Is.AnyOf("nvidia", "cuda", "host"));
        Assert.That(d.GetProperty("precision").GetString(), Is.EqualTo("fp32"));
        Assert.That(d.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("batch").GetInt32()), Is.EqualTo([1, 4, 8]));
        foreach (JsonElement r in d.GetProperty("results").EnumerateArray())
        {
            int batch = r.GetProperty("batch").GetInt32();
            Assert.That(r.GetProperty("shapes").GetProperty("x").EnumerateArray().Select(e => e.GetInt32()), Is.EqualTo([batch, 4]));
            Assert.That(r.GetProperty("samples").GetInt32(), Is.GreaterThanOrEqualTo(25));
            Assert.That(r.GetProperty("throughputQps").GetDouble(), Is.GreaterThan(0));
            Assert.That(r.GetProperty("rowsPerSecond").GetDouble(), Is.EqualTo(batch * r.GetProperty("throughputQps").GetDouble()));
            Assert.That(r.GetProperty("partial").GetBoolean(), Is.False);
            foreach (string quantity in Quantities)
            {
                JsonElement s = r.GetProperty(quantity);
                Assert.That(s.EnumerateObject().Select(p => p.Name), Is.EqualTo(["min", "mean", "median", "p90", "p95", "p99", "max", "cvPercent"]));
                Assert.That(s.GetProperty("p99").ValueKind == JsonValueKind.Null, Is.EqualTo(r.GetProperty("samples").GetInt32() < 100));
                double[] ordered =
                [
                    .. new[] { "min", "median", "p90", "p95", "p99", "max" }.Select(n => s.GetProperty(n)).Where(v => v.ValueKind != JsonValueKind.Null).Select(v => v.GetDouble()),
                ];
                Assert.That(ordered, Is.Ordered);
                Assert.That(s.GetProperty("mean").GetDouble(), Is.InRange(ordered[0], ordered[^1]));
            }

            Assert.That(r.GetProperty("wallMs").GetProperty("min").GetDouble(), Is.GreaterThan(0));
            Assert.That(r.GetProperty("gpuComputeMs").GetProperty("min").GetDouble(), Is.GreaterThan(0));
        }
    }

    [Test]
    public void Exported_times_are_the_samples_that_the_summary_is_of()
    {
        using TemporaryFolder folder = Workbench.NewFolder();
        JsonElement result = Bench(Workbench.AddOnePlan, "--batch", "4", "--iterations", "101", "--export-times", folder["times.json"]).GetProperty("results")[0];
        using var times = JsonDocument.Parse(File.ReadAllText(folder["times.json"]));
        JsonElement[] samples = [.. times.RootElement.EnumerateArray()];
        Assert.That(samples, Has.Length.EqualTo(result.GetProperty("samples").GetInt32()));
        foreach (string quantity in Quantities)
        {
            double[] values = [.. samples.Select(s => s.GetProperty(quantity).GetDouble())];
            SampleSummary expected = Statistics.Summarize(values);
            JsonElement s = result.GetProperty(quantity);
            Assert.That(
                (s.GetProperty("min").GetDouble(), s.GetProperty("median").GetDouble(), s.GetProperty("p90").GetDouble(), s.GetProperty("p99").GetDouble(), s.GetProperty("max").GetDouble()),
                Is.EqualTo((expected.Min, expected.Median, expected.P90, expected.P99, expected.Max)));
        }

        foreach (JsonElement s in samples)
        {
            double sum = s.GetProperty("h2dMs").GetDouble() + s.GetProperty("gpuComputeMs").GetDouble() + s.GetProperty("d2hMs").GetDouble();
            Assert.That(s.GetProperty("latencyMs").GetDouble(), Is.EqualTo(sum).Within(1e-9), "latency is the sum of its parts");
        }
    }

    [Test]
    public void Warm_up_runs_are_dropped()
    {
        JsonElement result = Cli.Run("bench", Workbench.StaticPlan, "--json", "--warm-up", "50", "--duration", "0.05").Exits(0).Json().GetProperty("results")[0];
        Assert.That(result.GetProperty("warmUpRuns").GetInt32(), Is.GreaterThan(0));
        Assert.That(result.GetProperty("wallSeconds").GetDouble(), Is.GreaterThan(0));
        Assert.That(result.GetProperty("firstRunMs").GetDouble(), Is.GreaterThan(0), "it was dropped too, and is a figure of its own");
        double qps = result.GetProperty("samples").GetInt32() / result.GetProperty("wallSeconds").GetDouble();
        Assert.That(result.GetProperty("throughputQps").GetDouble(), Is.EqualTo(qps).Within(1e-6 * qps));
    }

    [Test]
    public void Options_are_taken()
    {
        JsonElement d = Bench(Workbench.AddOnePlan, "--streams", "2", "--no-graph", "--spin", "--no-transfers", "--seed", "3");
        Assert.That(d.GetProperty("settings").GetRawText(), Does.Contain("\"streams\": 2").And.Contain("\"graph\": false").And.Contain("\"wait\": \"spin\"").And.Contain("\"transfers\": false").And.Contain("\"seed\": 3"));
        JsonElement result = d.GetProperty("results")[0];
        Assert.That(result.GetProperty("graph").GetBoolean(), Is.False);
        Assert.That(result.GetProperty("batch").GetInt32(), Is.EqualTo(4), "a plan's opt shapes are the default");
        Assert.That(result.GetProperty("h2dMs").GetProperty("max").GetDouble(), Is.Zero);
        Assert.That(result.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()), Has.Some.StartsWith("2 streams"));
        Assert.That(Bench(Workbench.AddOnePlan).GetProperty("results")[0].GetProperty("graph").GetBoolean(), Is.True);
    }

    [Test]
    public void A_model_is_built_for_its_streams() =>
        Cli.Run("bench", Workbench.AddOne, "--batch", "1,2", "--streams", "3", "--json", "--duration", "0", "--warm-up", "0").Exits(0);

    [Test]
    public void A_model_gets_a_profile_for_its_batches()
    {
        CliResult result = Cli.Run("bench", Workbench.AddOne, "--batch", "1,8", "--json", "--duration", "0", "--warm-up", "0").Exits(0);
        Assert.That(result.Errors, Does.Contain("is a model: building it in memory (FP32) for x:1x4 and x:8x4"));
        Assert.That(result.Json().GetProperty("results").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public void Text_is_a_table_and_says_what_it_ran_on()
    {
        CliResult result = Cli.Run("bench", Workbench.AddOnePlan, "--batch", "1,8", "--duration", "0", "--warm-up", "0").Exits(0);
        string sdk = Cli.Run("doctor", "--json").Json().GetProperty("sdk").GetString()!;
        Assert.That(result.Output, Does.StartWith(sdk == "host" ? "no GPU: TensorRT host SDK " : "").And.Match(@"(?m)^\s*batch\s+runs\s+latency").And.Match(@"(?m)^\s*8\s+\d+\s+\d+\.\d+"));
        Assert.That(result.Output, Does.Not.Contain("\u001b"));
    }

    private static JsonElement Bench(string path, params string[] options) =>
        Cli.Run(["bench", path, "--json", "--duration", "0", "--warm-up", "0", .. options]).Exits(0).Json();
}
