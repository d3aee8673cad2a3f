namespace Pinion.Serving;

/// <summary>The values of one instrument under one set of tags. Guarded by its family's lock.</summary>
internal sealed class MetricSeries
{
    public MetricSeries(KeyValuePair<string, object?>[] tags, string labels, int buckets, MetricSeries? next)
    {
        Tags = tags;
        Labels = labels;
        Buckets = buckets == 0 ? [] : new long[buckets];
        Next = next;
    }

    public KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>As they are written, without the braces.</summary>
    public string Labels { get; }

    /// <summary>Counts below each bound and above the last, not yet added up.</summary>
    public long[] Buckets { get; }

    /// <summary>Another series whose tags have the same hash.</summary>
    public MetricSeries? Next { get; }

    public double Value { get; set; }

    public long Count { get; set; }

    /// <summary>The latest collection that an observed value was seen in.</summary>
    public long SeenAt { get; set; }

    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        bool same = tags.Length == Tags.Length;
        for (int i = 0; same && i < tags.Length; i++)
        {
            same = tags[i].Key == Tags[i].Key && Equals(tags[i].Value, Tags[i].Value);
        }

        return same;
    }
}
