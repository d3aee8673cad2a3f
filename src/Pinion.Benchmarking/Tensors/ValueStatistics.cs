namespace Pinion.Benchmarking;

/// <summary>What a tensor holds, over its finite elements; null where there is none.</summary>
/// <param name="Elements">All of them.</param>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="NonFinite">NaN and infinities.</param>
public readonly record struct ValueStatistics(long Elements, double? Min, double? Max, double? Mean, long NonFinite)
{
    /// <summary>Reads a tensor's memory; nothing but zeros and nulls for types whose elements are no numbers here.</summary>
    public static ValueStatistics Of(TensorDataType type, ReadOnlySpan<byte> data)
    {
        int bytes = ElementReader.Bytes(type);
        if (bytes == 0)
        {
            return new ValueStatistics(0, null, null, null, 0);
        }

        double min = double.PositiveInfinity;
        double max = double.NegativeInfinity;
        double sum = 0;
        long finite = 0;
        long elements = data.Length / bytes;
        for (int at = 0; at + bytes <= data.Length; at += bytes)
        {
            double value = ElementReader.Read(type, data[at..]);
            if (!double.IsFinite(value))
            {
                continue;
            }

            finite++;
            sum += value;
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        return finite == 0 ? new(elements, null, null, null, elements) : new(elements, min, max, sum / finite, elements - finite);
    }
}
