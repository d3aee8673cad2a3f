using System.Runtime.InteropServices;

namespace Pinion.Benchmarking;

/// <summary>Reads single elements as numbers.</summary>
public static class ElementReader
{
    /// <summary>Bytes of one element; 0 for types whose elements are not whole bytes or not numbers here.</summary>
    public static int Bytes(TensorDataType type) => type switch
    {
        TensorDataType.Fp8 or TensorDataType.Int4 => 0,
        _ => (int)type.GetSizeBytes(1),
    };

    /// <summary>The first element of some memory, little endian; bool is 0 or 1.</summary>
    /// <param name="type">A type for which <see cref="Bytes"/> is not 0.</param>
    /// <param name="data">At least that many bytes.</param>
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
