using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Pinion.Serving;

/// <summary>One instrument as Prometheus sees it: a name, a type, and a bounded number of series. Threads: any.</summary>
internal sealed class MetricFamily
{
    /// <summary>Beyond these, values are dropped and counted.</summary>
    public const int MostSeries = 512;

    private const int LongestLabel = 128;
    private static readonly double[] Seconds =
        [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] PowersOfTwo = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly Lock _lock = new();
    private readonly Dictionary<int, MetricSeries> _series = [];
    private readonly List<MetricSeries> _inOrder = [];
    private readonly double[] _bounds;
    private readonly bool _replaces;
    private readonly bool _observed;
    private readonly string _help;
    private readonly string _type;
    private long _collection;
    private long _dropped;

    public MetricFamily(Instrument instrument)
    {
        Type kind = instrument.GetType().GetGenericTypeDefinition();
        bool histogram = kind == typeof(Histogram<>);
        bool counter = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>);
        _observed = instrument.IsObservable;
        _replaces = _observed || kind == typeof(Gauge<>);
        _type = histogram ? "histogram" : counter ? "counter" : "gauge";
        _help = instrument.Description ?? "";
        _bounds = histogram ? BoundsOf(instrument) : [];
        Name = PrometheusText.Name(instrument.Name, instrument.Unit, counter);
    }

    public string Name { get; }

    /// <summary>Values that were dropped because there are too many series.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Values of observed instruments from before this call are not written any more.</summary>
    public void BeginCollection() => Interlocked.Increment(ref _collection);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
        {
            if (Find(tags) is not { } series)
            {
                _dropped++;
                return;
            }

            series.SeenAt = _collection;
            if (_bounds.Length > 0)
            {
                int bucket = Array.BinarySearch(_bounds, value);
                series.Buckets[bucket >= 0 ? bucket : ~bucket]++;
                series.Count++;
            }

            series.Value = _replaces ? value : series.Value + value;
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            PrometheusText.Head(text, Name, _type, _help);
            foreach (MetricSeries series in _inOrder)
            {
                if (_observed && series.SeenAt != _collection)
                {
                    continue;
                }

                if (_bounds.Length == 0)
                {
                    PrometheusText.Sample(text, Name, series.Labels, series.Value);
                    continue;
                }

                long below = 0;
                for (int i = 0; i <= _bounds.Length; i++)
                {
                    below += series.Buckets[i];
                    string bound = i == _bounds.Length ? "+Inf" : _bounds[i].ToString("R", CultureInfo.InvariantCulture);
                    string comma = series.Labels.Length == 0 ? "" : ",";
                    PrometheusText.Sample(text, Name + "_bucket", $"{series.Labels}{comma}le=\"{bound}\"", below);
                }

                PrometheusText.Sample(text, Name + "_sum", series.Labels, series.Value);
                PrometheusText.Sample(text, Name + "_count", series.Labels, series.Count);
            }
        }
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        IReadOnlyList<double>? advised = instrument switch
        {
            Histogram<double> h => h.Advice?.HistogramBucketBoundaries,
            Histogram<long> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
            Histogram<int> h => h.Advice?.HistogramBucketBoundaries?.Select(b => (double)b).ToArray(),
            _ => null,
        };
        return advised is { Count: > 0 } ? [.. advised] : instrument.Unit == "s" ? Seconds : PowersOfTwo;
    }

    private MetricSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        HashCode hash = default;
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            hash.Add(tag.Value);
        }

        int key = hash.ToHashCode();
        MetricSeries? first = _series.GetValueOrDefault(key);
        for (MetricSeries? series = first; series is not null; series = series.Next)
        {
            if (series.Has(tags))
            {
                return series;
            }
        }

        if (_inOrder.Count == MostSeries)
        {
            return null;
        }

        var added = new MetricSeries(tags.ToArray(), PrometheusText.Labels(tags, LongestLabel), _bounds.Length == 0 ? 0 : _bounds.Length + 1, first);
        _series[key] = added;
        _inOrder.Add(added);
        return added;
    }
}
