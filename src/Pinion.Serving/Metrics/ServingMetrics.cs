using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Pinion.Serving;

/// <summary>The server's own instruments, beside those of the models in the meter Pinion. Owner: the service provider.</summary>
internal sealed class ServingMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Pinion.Serving";

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;

    public ServingMetrics(RequestMemory memory, ServedInference served)
    {
        Meter = new Meter(MeterName);
        _requests = Meter.CreateCounter<long>(
            "pinion.http.requests", "{request}", "HTTP requests by endpoint and status code; 499: the client left before the answer.");
        _duration = Meter.CreateHistogram<double>("pinion.http.request.duration", "s", "From the end of the headers to the end of the answer.");
        Meter.CreateObservableGauge("pinion.http.requests.in_flight", () => served.InFlight, "{request}", "Inference requests that are read, run or answered.");
        Meter.CreateObservableGauge("pinion.http.buffers.rented", () => memory.RentedBytes, "By", "Tensors of requests that are read or run.");
    }

    public Meter Meter { get; }

    public void Count(string endpoint, int status, TimeSpan duration)
    {
        _requests.Add(1, new TagList { { "endpoint", endpoint }, { "code", status } });
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("endpoint", endpoint));
    }

    public void Dispose() => Meter.Dispose();
}
