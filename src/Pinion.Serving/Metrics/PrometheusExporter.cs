using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Pinion.Serving;

/// <summary>Listens to the meters of the models and of the server and tells their values in Prometheus's text form. Threads: any.</summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>The meter of Pinion.Hosting.</summary>
    private const string ModelMeter = "Pinion";

    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<MetricFamily> _families = [];
    private readonly Meter _own;

    public PrometheusExporter(ServingMetrics metrics)
    {
        _own = metrics.Meter;
        _listener.InstrumentPublished = OnPublished;
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    public async Task HandleAsync(HttpContext context)
    {
        byte[] text = Encoding.UTF8.GetBytes(Collect());
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.BodyWriter.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>All of it.</summary>
    public string Collect()
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            foreach (MetricFamily family in _families)
            {
                family.BeginCollection();
            }

            _listener.RecordObservableInstruments();
            long dropped = 0;
            foreach (MetricFamily family in _families.OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                family.Write(text);
                dropped += family.Dropped;
            }

            PrometheusText.Head(text, "pinion_metrics_dropped_total", "counter", $"Values dropped because an instrument has {MetricFamily.MostSeries} series already.");
            PrometheusText.Sample(text, "pinion_metrics_dropped_total", "", dropped);
        }

        ProcessMetrics.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        if (!ReferenceEquals(instrument.Meter, _own) && instrument.Meter.Name != ModelMeter)
        {
            return;
        }

        var family = new MetricFamily(instrument);
        lock (_lock)
        {
            if (_families.Any(f => f.Name == family.Name))
            {
                return;
            }

            _families.Add(family);
        }

        listener.EnableMeasurementEvents(instrument, family);
    }
}
