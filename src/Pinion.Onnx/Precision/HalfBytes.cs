using System.Buffers.Binary;
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
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }

    /// <summary>Drops the bits that FP16 has not from FP32 as files have it, to the nearest, ties to even; what is finite stays so.</summary>
    public static void Round(Span<byte> floats)
    {
        // FP16 stores 10 bits of the significand, FP32 23.
        const int Dropped = 13;
        for (int i = 0; i + sizeof(float) <= floats.Length; i += sizeof(float))
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(floats[i..]);
            if (float.IsFinite(BitConverter.UInt32BitsToSingle(bits)))
            {
                uint rounded = (bits + ((1u << (Dropped - 1)) - 1) + ((bits >> Dropped) & 1)) >> Dropped << Dropped;
                // Masks often are the largest float there is, whose next is infinity.
                rounded = float.IsFinite(BitConverter.UInt32BitsToSingle(rounded)) ? rounded : bits >> Dropped << Dropped;
                BinaryPrimitives.WriteUInt32LittleEndian(floats[i..], rounded);
            }
        }
    }
}
