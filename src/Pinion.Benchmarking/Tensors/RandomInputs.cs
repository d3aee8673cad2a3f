using System.Runtime.InteropServices;
using System.Text;

namespace Pinion.Benchmarking;

/// <summary>
/// Input values drawn uniformly from a seed, the same on every machine: SplitMix64 started from the seed and the FNV-1a hash
/// of the tensor's name, one 64-bit draw per element. Floating point is in [-1, 1), as trtexec draws it, on a grid that the type
/// holds exactly; int32 and int64 are in [0, 128), so that they can be indices; int8, uint8 and bool use their whole range.
/// </summary>
public static class RandomInputs
{
    /// <summary>Writes values into an input's memory.</summary>
    /// <param name="input">The input.</param>
    /// <param name="destination">Its memory, such as <see cref="Session.Input{T}"/> gives.</param>
    /// <param name="seed">The same seed and name give the same values on every machine.</param>
    /// <exception cref="BenchmarkSettingException">No values are drawn for this type, or for shape tensors.</exception>
    public static void Fill(TensorInfo input, Span<byte> destination, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.IsShapeTensor)
        {
            throw new BenchmarkSettingException(
                $"Input '{input.Name}' is a shape tensor: its values decide other shapes, so none are drawn; give it with {BenchmarkSetting.Input} {input.Name}=FILE.npy.");
        }

        Fill(input.DataType, destination, seed, input.Name);
    }

    /// <summary>Writes values into a tensor's memory, little endian.</summary>
    /// <param name="type">The type of its elements.</param>
    /// <param name="destination">Whole elements.</param>
    /// <param name="seed">The same seed and name give the same values on every machine.</param>
    /// <param name="tensor">The tensor's name.</param>
    /// <exception cref="BenchmarkSettingException">No values are drawn for this type.</exception>
    public static void Fill(TensorDataType type, Span<byte> destination, ulong seed, string tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
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
                throw new BenchmarkSettingException($"Input '{tensor}' is {type}, for which no values are drawn; give it with {BenchmarkSetting.Input} {tensor}=FILE.npy.");
        }
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
