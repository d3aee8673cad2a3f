using System.Numerics;
using System.Runtime.InteropServices;
using Pinion.Onnx;

namespace Pinion.Cli;

/// <summary>
/// Values of a .npy file as another type of the same kind: whole numbers that fit as other whole numbers, floating point rounded to the
/// nearest. NumPy makes 64-bit arrays where nobody asks for others.
/// </summary>
internal static class NpyConversion
{
    /// <summary>The values as the input takes them; null where the types are not of one kind.</summary>
    /// <exception cref="UsageException">A value does not fit; the message names it, its index and the limit.</exception>
    public static byte[]? Convert(NpyFile file, TensorInfo input) => file.Type.Element switch
    {
        OnnxType.Int8 => Whole<sbyte>(file, input),
        OnnxType.Int16 => Whole<short>(file, input),
        OnnxType.Int32 => Whole<int>(file, input),
        OnnxType.Int64 => Whole<long>(file, input),
        OnnxType.UInt8 => Whole<byte>(file, input),
        OnnxType.UInt16 => Whole<ushort>(file, input),
        OnnxType.UInt32 => Whole<uint>(file, input),
        OnnxType.UInt64 => Whole<ulong>(file, input),
        OnnxType.Float16 => Floating<Half>(file, input),
        OnnxType.Float32 => Floating<float>(file, input),
        OnnxType.Float64 => Floating<double>(file, input),
        _ => null,
    };

    private static byte[]? Whole<TFrom>(NpyFile file, TensorInfo input)
        where TFrom : unmanaged, IBinaryInteger<TFrom>, IMinMaxValue<TFrom> => input.DataType switch
        {
            TensorDataType.Int8 => Values<TFrom, sbyte>(file, input, Fits),
            TensorDataType.UInt8 => Values<TFrom, byte>(file, input, Fits),
            TensorDataType.Int32 => Values<TFrom, int>(file, input, Fits),
            TensorDataType.Int64 => Values<TFrom, long>(file, input, Fits),
            _ => null,
        };

    private static byte[]? Floating<TFrom>(NpyFile file, TensorInfo input)
        where TFrom : unmanaged, IBinaryFloatingPointIeee754<TFrom>, IMinMaxValue<TFrom> => input.DataType switch
        {
            TensorDataType.Float16 => Values<TFrom, Half>(file, input, StaysFinite),
            TensorDataType.Float32 => Values<TFrom, float>(file, input, StaysFinite),
            _ => null,
        };

    private static bool Fits<TFrom, TTo>(TFrom from, TTo to)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo> => TFrom.CreateSaturating(to) == from;

    private static bool StaysFinite<TFrom, TTo>(TFrom from, TTo to)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo> => TTo.IsFinite(to) || !TFrom.IsFinite(from);

    private static byte[] Values<TFrom, TTo>(NpyFile file, TensorInfo input, Func<TFrom, TTo, bool> fits)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>, IMinMaxValue<TTo>
    {
        TFrom[] from = file.Read<TFrom>();
        byte[] bytes = new byte[from.Length * Marshal.SizeOf<TTo>()];
        Span<TTo> to = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = TTo.CreateSaturating(from[i]);
            if (!fits(from[i], to[i]))
            {
                throw new UsageException(FormattableString.Invariant(
                    $"{file.Path} holds {from[i]} at {Index(file.Shape, i)}; input '{input.Name}' is {input.DataType.GetName()}, which holds {TTo.MinValue} to {TTo.MaxValue}."));
            }
        }

        return bytes;
    }

    /// <summary>The index as NumPy writes it, such as <c>[1, 0, 3]</c>.</summary>
    private static string Index(ReadOnlySpan<long> shape, long at)
    {
        long[] index = new long[shape.Length];
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            (at, index[axis]) = Math.DivRem(at, shape[axis]);
        }

        return $"[{string.Join(", ", index)}]";
    }
}
