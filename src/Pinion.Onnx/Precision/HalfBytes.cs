using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Pinion.Onnx;

/// <summary>FP16 as files have it.</summary>
internal static class HalfBytes
{
    /// <summary>Rounds to the nearest, ties to even; subnormals and signs are kept, what is too large becomes infinity.</summary>
    public static void Write(ReadOnlySpan<float> values, Span<Half> destination)
    {
        TensorPrimitives.ConvertToHalf(values, destination);
        if (!BitConverter.IsLittleEndian)
        {
            Span<ushort> words = MemoryMarshal.Cast<Half, ushort>(destination);
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(words, words);
        }
    }
}
