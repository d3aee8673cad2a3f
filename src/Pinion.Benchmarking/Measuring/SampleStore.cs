using System.Collections;

namespace Pinion.Benchmarking;

/// <summary>Samples in chunks: adding one never allocates, making room does and is called outside of the timed region.</summary>
internal sealed class SampleStore : IReadOnlyList<LatencySample>
{
    internal const int ChunkSamples = 16 * 1024;

    private readonly List<LatencySample[]> _chunks = new(64);
    private int _room;

    public SampleStore() => EnsureRoom(1);

    public int Count { get; private set; }

    public LatencySample this[int index] => _chunks[index / ChunkSamples][index % ChunkSamples];

    /// <summary>Makes room for so many further samples; cheap when there is room.</summary>
    public void EnsureRoom(int samples)
    {
        while (_room - Count < samples)
        {
            _chunks.Add(new LatencySample[ChunkSamples]);
            _room += ChunkSamples;
        }
    }

    public void Add(in LatencySample sample)
    {
        int index = Count++;
        _chunks[index / ChunkSamples][index % ChunkSamples] = sample;
    }

    public IEnumerator<LatencySample> GetEnumerator() => _chunks.SelectMany(c => c).Take(Count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>One quantity of all samples, in the order measured.</summary>
    public double[] Select(Func<LatencySample, double> quantity)
    {
        double[] values = new double[Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = quantity(this[i]);
        }

        return values;
    }
}
