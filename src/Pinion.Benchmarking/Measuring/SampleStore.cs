namespace Pinion.Cli.Measuring;

/// <summary>Samples in chunks: adding one never allocates, making room does and is called outside of the timed region.</summary>
internal sealed class SampleStore
{
    internal const int ChunkSamples = 16 * 1024;

    private readonly List<Sample[]> _chunks = new(64);
    private int _room;

    public SampleStore() => EnsureRoom(1);

    public int Count { get; private set; }

    public Sample this[int index] => _chunks[index / ChunkSamples][index % ChunkSamples];

    /// <summary>Makes room for so many further samples; cheap when there is room.</summary>
    public void EnsureRoom(int samples)
    {
        while (_room - Count < samples)
        {
            _chunks.Add(new Sample[ChunkSamples]);
            _room += ChunkSamples;
        }
    }

    public void Add(in Sample sample)
    {
        int index = Count++;
        _chunks[index / ChunkSamples][index % ChunkSamples] = sample;
    }

    /// <summary>One quantity of all samples, in the order measured.</summary>
    public double[] Select(Func<Sample, double> quantity)
    {
        double[] values = new double[Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = quantity(this[i]);
        }
        return values;
    }
}
