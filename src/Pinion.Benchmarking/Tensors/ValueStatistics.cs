using System.Runtime.InteropServices;

namespace Pinion.Cli;

/// <summary>Smallest, largest and mean value of a tensor's finite elements; null where there is none.</summary>
internal readonly record struct ValueStatistics(long Elements, double? Min, double? Max, double? Mean, long NonFinite)
{
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

/// <summary>Reads single elements as numbers.</summary>
internal static class ElementReader
{
    /// <summary>Bytes of one element; 0 for types whose elements are not whole bytes or not numbers here.</summary>
    public static int Bytes(TensorDataType type) => type switch
    {
        TensorDataType.Float32 or TensorDataType.Int32 => 4,
        TensorDataType.Float16 or TensorDataType.BFloat16 => 2,
        TensorDataType.Int8 or TensorDataType.UInt8 or TensorDataType.Bool => 1,
        TensorDataType.Int64 => 8,
        _ => 0,
    };

    public static double Read(TensorDataType type, ReadOnlySpan<byte> data) => type switch
    {
        TensorDataType.Float32 => MemoryMarshal.Read<float>(data),
        TensorDataType.Float16 => (double)MemoryMarshal.Read<Half>(data),
        TensorDataType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(data) << 16),
        TensorDataType.Int32 => MemoryMarshal.Read<int>(data),
        TensorDataType.Int64 => MemoryMarshal.Read<long>(data),
        TensorDataType.Int8 => (sbyte)data[0],
        _ => data[0],
    };
}
