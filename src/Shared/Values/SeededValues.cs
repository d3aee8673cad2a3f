using System.Runtime.InteropServices;
using System.Text;

namespace Pinion;

/// <summary>Values drawn from a seed, the same on every machine: SplitMix64 started from the seed and the FNV-1a hash of a name, one 64-bit draw per element.</summary>
internal static class SeededValues
{
    /// <summary>Fills whole elements, little endian: floating point in [-1, 1) on a grid that the type holds exactly, int32 and int64 in [0, 128), others over their
    /// whole range. False where there are no values of a type.</summary>
    public static bool Fill(TensorDataType type, Span<byte> destination, ulong seed, string tensor)
    {
        ulong state = seed ^ Hash(tensor);
        switch (type)
        {
            case TensorDataType.Float32:
                foreach (ref float value in MemoryMarshal.Cast<byte, float>(destination))
                {
                    value = (float)((long)(Next(ref state) >> 40) - (1L << 23)) / (1 << 23);
                }

                break;
            case TensorDataType.Float16:
                foreach (ref Half value in MemoryMarshal.Cast<byte, Half>(destination))
                {
                    value = (Half)((float)((long)(Next(ref state) >> 53) - (1L << 10)) / (1 << 10));
                }

                break;
            case TensorDataType.BFloat16:
                foreach (ref ushort value in MemoryMarshal.Cast<byte, ushort>(destination))
                {
                    float drawn = (float)((long)(Next(ref state) >> 56) - (1L << 7)) / (1 << 7);
                    value = (ushort)(BitConverter.SingleToUInt32Bits(drawn) >> 16);
                }

                break;
            case TensorDataType.Int32:
                foreach (ref int value in MemoryMarshal.Cast<byte, int>(destination))
                {
                    value = (int)(Next(ref state) >> 57);
                }

                break;
            case TensorDataType.Int64:
                foreach (ref long value in MemoryMarshal.Cast<byte, long>(destination))
                {
                    value = (long)(Next(ref state) >> 57);
                }

                break;
            case TensorDataType.Bool:
                foreach (ref byte value in destination)
                {
                    value = (byte)(Next(ref state) >> 63);
                }

                break;
            case TensorDataType.Int8:
            case TensorDataType.UInt8:
                foreach (ref byte value in destination)
                {
                    value = (byte)(Next(ref state) >> 56);
                }

                break;
            default:
                return false;
        }

        return true;
    }

    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static ulong Hash(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        return hash;
    }
}
