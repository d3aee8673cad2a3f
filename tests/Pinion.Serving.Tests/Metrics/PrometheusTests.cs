using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Pinion.Serving.Tests;

public sealed partial class PrometheusTests
{
    [TestCase("pinion.request.duration", "s", false, "pinion_request_duration_seconds")]
    [TestCase("pinion.device.memory.used", "By", false, "pinion_device_memory_used_bytes")]
    [TestCase("pinion.model.reloads", "{reload}", true, "pinion_model_reloads_total")]
    [TestCase("pinion.batch.size", "{row}", false, "pinion_batch_size")]
    [TestCase("9 lives", null, false, "_9_lives")]
    public void Names(string instrument, string? unit, bool counter, string expected) =>
        Assert.That(PrometheusText.Name(instrument, unit, counter), Is.EqualTo(expected));

    [Test]
    public void Escapes()
    {
        Assert.That(
            PrometheusText.Labels([new("model", "a\"b\\c\nd"), new("code", 200)], 128), Is.EqualTo("model=\"a\\\"b\\\\c\\nd\",code=\"200\""));
        var text = new StringBuilder();
        PrometheusText.Head(text, "n", "gauge", "a\"b\\c\nd");
        PrometheusText.Sample(text, "n", "", double.PositiveInfinity);
        PrometheusText.Sample(text, "n", "a=\"b\"", double.NaN);
        PrometheusText.Sample(text, "n", "", 0.1);
        Assert.That(text.ToString(), Is.EqualTo("# HELP n a\"b\\\\c\\nd\n# TYPE n gauge\nn +Inf\nn{a=\"b\"} NaN\nn 0.1\n"));
    }

    [Test]
    public void Histograms()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateHistogram<int>("rows", "{row}", "Rows.", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4] }));
        foreach (int value in new[] { 1, 2, 2, 3, 100 })
        {
            family.Record(value, [new("model", "m")]);
        }

        var text = new StringBuilder();
        family.Write(text);
        Assert.That(text.ToString(), Is.EqualTo("""
            # HELP rows Rows.
            # TYPE rows histogram
            rows_bucket{model="m",le="1"} 1
            rows_bucket{model="m",le="2"} 3
            rows_bucket{model="m",le="4"} 4
            rows_bucket{model="m",le="+Inf"} 5
            rows_sum{model="m"} 108
            rows_count{model="m"} 5

            """));
    }

    [Test]
    public void Series_are_bounded()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateCounter<long>("c"));
        for (int i = 0; i < MetricFamily.MostSeries + 10; i++)
        {
            family.Record(1, [new("k", i)]);
        }

        family.Record(1, [new("k", 3)]);
        var text = new StringBuilder();
        family.Write(text);
        Assert.That(text.ToString().Split('\n'), Has.Length.EqualTo(2 + MetricFamily.MostSeries + 1).And.Contains("c_total{k=\"3\"} 2"));
        Assert.That(family.Dropped, Is.EqualTo(10));
    }

    [Test]
    public void Observed_values_that_are_gone_are_not_told_any_more()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateObservableGauge("g", () => 1));
        family.BeginCollection();
        family.Record(1, [new("model", "a")]);
        family.Record(2, [new("model", "b")]);
        family.BeginCollection();
        family.Record(3, [new("model", "b")]);
        var text = new StringBuilder();
        family.Write(text);
        Assert.That(text.ToString(), Does.Contain("g{model=\"b\"} 3\n").And.Not.Contain("\"a\""));
    }

    /// <summary>Each line of an answer has the form's syntax, and the values are those of what was done.</summary>
    [Test]
    public async Task Of_a_server()
    {
        await using TestServer server = await TestServer.StartAsync(TestPlans.AddOne);
        Dictionary<string, double> before = await ReadAsync(server);
        for (int i = 0; i < 3; i++)
        {
            (await server.PostAsync("/v2/models/addone/infer", """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""")).Must(HttpStatusCode.OK);
        }

        (await server.PostAsync("/v2/models/addone/infer", "{")).Must(HttpStatusCode.BadRequest);
        Dictionary<string, double> after = await ReadAsync(server);
        Assert.Multiple(() =>
        {
            Assert.That(Grown("""pinion_http_requests_total{endpoint="infer",code="200"}"""), Is.EqualTo(3));
            Assert.That(Grown("""pinion_http_requests_total{endpoint="infer",code="400"}"""), Is.EqualTo(1));
            Assert.That(Grown("""pinion_http_request_duration_seconds_count{endpoint="infer"}"""), Is.EqualTo(4));
            Assert.That(Grown("""pinion_request_duration_seconds_count{model="addone",outcome="succeeded"}"""), Is.EqualTo(3));
            Assert.That(after["""pinion_model_state{model="addone"}"""], Is.Zero);
            Assert.That(after["pinion_http_buffers_rented_bytes"], Is.Zero);
            Assert.That(after["process_resident_memory_bytes"], Is.GreaterThan(1e6));
            Assert.That(after["pinion_metrics_dropped_total"], Is.Zero);
        });

        double Grown(string name) => after[name] - before.GetValueOrDefault(name);
    }

    private static async Task<Dictionary<string, double>> ReadAsync(TestServer server)
    {
        Answer answer = (await server.GetAsync("/metrics")).Must(HttpStatusCode.OK);
        Assert.That(answer.Response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
        Assert.That(answer.Text, Does.EndWith("\n"));
        var values = new Dictionary<string, double>();
        var types = new HashSet<string>();
        string family = "";
        foreach (string line in answer.Text.TrimEnd('\n').Split('\n'))
        {
            if (line[0] == '#')
            {
                Assert.That(line, Does.Match(@"^# (HELP [a-z_0-9]+ .+|TYPE [a-z_0-9]+ (counter|gauge|histogram))$"));
                family = line.Split(' ')[2];
                Assert.That(!line.StartsWith("# TYPE", StringComparison.Ordinal) || types.Add(family), Is.True, $"{family} twice");
                continue;
            }

            Match match = Sample().Match(line);
            Assert.That(match.Success, Is.True, line);
            Assert.That(match.Groups["name"].Value, Does.StartWith(family));
            values.Add(match.Groups["series"].Value, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));
        }

        return values;
    }

    [GeneratedRegex("""^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*")*\})?) (?<value>[-+0-9.eE]+)$""")]
    private static partial Regex Sample();
}
