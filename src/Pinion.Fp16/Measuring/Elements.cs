using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Pinion.Fp16;

/// <summary>The elements of a tensor as numbers, in a buffer that is used again.</summary>
internal sealed class Elements
{
    private float[] _floats = [];

    /// <summary>Floating point as FP32, good until the next call; none of other types.</summary>
    public ReadOnlySpan<float> Floats(TensorDataType type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case TensorDataType.Float32:
                return MemoryMarshal.Cast<byte, float>(data);
            case TensorDataType.Float16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(data);
                _floats = _floats.Length >= halves.Length ? _floats : new float[halves.Length];
                TensorPrimitives.ConvertToSingle(halves, _floats);
                return _floats.AsSpan(0, halves.Length);
            case TensorDataType.BFloat16:
                ReadOnlySpan<ushort> words = MemoryMarshal.Cast<byte, ushort>(data);
                _floats = _floats.Length >= words.Length ? _floats : new float[words.Length];
                for (int i = 0; i < words.Length; i++)
                {
                    _floats[i] = BitConverter.UInt32BitsToSingle((uint)words[i] << 16);
                }

                return _floats.AsSpan(0, words.Length);
            default:
                return [];
        }
    }

    public static bool IsFloating(TensorDataType type) => type is TensorDataType.Float32 or TensorDataType.Float16 or TensorDataType.BFloat16;
}
