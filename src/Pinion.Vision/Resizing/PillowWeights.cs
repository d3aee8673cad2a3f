namespace Pinion.Vision;

/// <summary>
/// Pillow's weights along one side: for each pixel of the crop the source pixels that it is made of, and their weights with 22 bits behind the point, each
/// written four times, for the four bytes of a pixel.
/// </summary>
internal sealed class PillowWeights(PillowFilter filter)
{
    public const int Bits = 22;
    private const int Lanes = 4;

    private int[] _firsts = [];
    private int[] _counts = [];
    private int[] _weights = [];
    private double[] _row = [];

    /// <summary>The most source pixels that one is made of.</summary>
    public int MostTaps { get; private set; }

    public int First(int i) => _firsts[i];

    public int Count(int i) => _counts[i];

    /// <summary>Four equal numbers for each source pixel.</summary>
    public ReadOnlySpan<int> Weights(int i) => _weights.AsSpan(i * MostTaps * Lanes, _counts[i] * Lanes);

    public void Make(int source, int resized, int from, int count)
    {
        // Pillow keeps the box, which is the whole image, in 32-bit floats.
        double scale = (double)(float)source / resized;
        double filterScale = Math.Max(scale, 1);
        double support = filter.Support * filterScale;
        double step = 1 / filterScale;
        MostTaps = Math.Min(((int)Math.Ceiling(support) * 2) + 1, source);
        if (_firsts.Length < count)
        {
            _firsts = new int[count];
            _counts = new int[count];
        }

        if (_weights.Length < count * MostTaps * Lanes)
        {
            _weights = new int[count * MostTaps * Lanes];
        }

        if (_row.Length < MostTaps)
        {
            _row = new double[MostTaps];
        }

        for (int i = 0; i < count; i++)
        {
            double centre = (from + i + 0.5) * scale;
            int first = Math.Max((int)(centre - support + 0.5), 0);
            int taps = Math.Min((int)(centre + support + 0.5), source) - first;
            double sum = 0;
            for (int x = 0; x < taps; x++)
            {
                _row[x] = filter.Weight((x + first - centre + 0.5) * step);
                sum += _row[x];
            }

            Span<int> weights = _weights.AsSpan(i * MostTaps * Lanes, taps * Lanes);
            for (int x = 0; x < taps; x++)
            {
                double weight = sum != 0 ? _row[x] / sum : _row[x];
                weights.Slice(x * Lanes, Lanes).Fill((int)((weight * (1 << Bits)) + (weight < 0 ? -0.5 : 0.5)));
            }

            (_firsts[i], _counts[i]) = (first, taps);
        }
    }
}
