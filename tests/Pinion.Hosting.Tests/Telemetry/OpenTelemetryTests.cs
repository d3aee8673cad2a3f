using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Pinion.Hosting.Tests;

/// <summary>OpenTelemetry's SDK takes meter and source by their name, with nothing of Pinion's in between.</summary>
public sealed class OpenTelemetryTests
{
    [Test]
    public async Task Metrics_and_spans_reach_its_exporters()
    {
        using var folder = new TemporaryFolder();
        var metrics = new MetricExporter();
        var spans = new SpanExporter();
        var options = new ModelOptions { Plan = AddModels.Save(folder["add.plan"]), MaxBatch = 4, TimingInterval = 1 };
        await using InferenceModel model = await InferenceModel.LoadAsync("exported", options);
        using (MeterProvider meters = OpenTelemetry.Sdk.CreateMeterProviderBuilder()
            .AddMeter("Pinion").AddReader(new BaseExportingMetricReader(metrics)).Build())
        using (TracerProvider tracers = OpenTelemetry.Sdk.CreateTracerProviderBuilder()
            .AddSource("Pinion").AddProcessor(new SimpleActivityExportProcessor(spans)).Build())
        {
            for (int i = 0; i < 5; i++)
            {
                await AddModels.AddAsync(model, i);
            }

            Assert.That(meters.ForceFlush(), Is.True);
        }

        Assert.That(spans.Spans, Has.Exactly(5).Items);
        Assert.That(metrics.Points["pinion.request.duration exported"], Is.EqualTo(5));
        Assert.That(metrics.Points["pinion.inference.compute.duration exported"], Is.EqualTo(5));
        Assert.That(metrics.Points["pinion.model.state exported"], Is.Zero);
        Assert.That(metrics.Bounds["pinion.request.duration"], Has.Some.LessThan(0.0001), "boundaries for inferences, not for web pages");
    }

    /// <summary>Counts of histograms and values of gauges by name and model.</summary>
    private sealed class MetricExporter : BaseExporter<Metric>
    {
        public ConcurrentDictionary<string, long> Points { get; } = new();

        public ConcurrentDictionary<string, double[]> Bounds { get; } = new();

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (Metric metric in batch)
            {
                foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
                {
                    string model = "";
                    foreach (KeyValuePair<string, object?> tag in point.Tags)
                    {
                        model = tag.Key == "model" ? (string)tag.Value! : model;
                    }

                    Points[$"{metric.Name} {model}"] = metric.MetricType switch
                    {
                        MetricType.Histogram => point.GetHistogramCount(),
                        MetricType.LongGauge => point.GetGaugeLastValueLong(),
                        _ => point.GetSumLong(),
                    };
                    if (metric.MetricType == MetricType.Histogram)
                    {
                        var bounds = new List<double>();
                        foreach (HistogramBucket bucket in point.GetHistogramBuckets())
                        {
                            bounds.Add(bucket.ExplicitBound);
                        }

                        Bounds[metric.Name] = [.. bounds];
                    }
                }
            }

            return ExportResult.Success;
        }
    }

    private sealed class SpanExporter : BaseExporter<Activity>
    {
        public ConcurrentQueue<string> Spans { get; } = new();

        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (Activity span in batch)
            {
                if ((string?)span.GetTagItem("model") == "exported")
                {
                    Spans.Enqueue(span.OperationName);
                }
            }

            return ExportResult.Success;
        }
    }
}
