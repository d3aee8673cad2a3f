using System.Numerics;
using System.Runtime.InteropServices;

namespace Pinion.Onnx;

/// <summary>
/// Values of a .npy file as another type of the same kind: whole numbers that fit as other whole numbers, floating point rounded to the
/// nearest. NumPy makes 64-bit arrays where nobody asks for others.
/// </summary>
internal static class NpyConversion
{
    /// <summary>The values as their reader takes them; null where the types are not of one kind.</summary>
    /// <exception cref="NpyException">A value does not fit; the message names it, its index and the limit.</exception>
    public static byte[]? Convert(NpyFile file, OnnxType wanted, string reader) => file.Type.Element switch
    {
        OnnxType.Int8 => Whole<sbyte>(file, wanted, reader),
        OnnxType.Int16 => Whole<short>(file, wanted, reader),
        OnnxType.Int32 => Whole<int>(file, wanted, reader),
        OnnxType.Int64 => Whole<long>(file, wanted, reader),
        OnnxType.UInt8 => Whole<byte>(file, wanted, reader),
        OnnxType.UInt16 => Whole<ushort>(file, wanted, reader),
        OnnxType.UInt32 => Whole<uint>(file, wanted, reader),
        OnnxType.UInt64 => Whole<ulong>(file, wanted, reader),
        OnnxType.Float16 => Floating<Half>(file, wanted, reader),
        OnnxType.Float32 => Floating<float>(file, wanted, reader),
        OnnxType.Float64 => Floating<double>(file, wanted, reader),
        _ => null,
    };

    private static byte[]? Whole<TFrom>(NpyFile file, OnnxType wanted, string reader)
        where TFrom : unmanaged, IBinaryInteger<TFrom>, IMinMaxValue<TFrom> => wanted switch
        {
            OnnxType.Int8 => Values<TFrom, sbyte>(file, wanted, reader, Fits),
            OnnxType.UInt8 => Values<TFrom, byte>(file, wanted, reader, Fits),
            OnnxType.Int32 => Values<TFrom, int>(file, wanted, reader, Fits),
            OnnxType.Int64 => Values<TFrom, long>(file, wanted, reader, Fits),
            _ => null,
        };

    private static byte[]? Floating<TFrom>(NpyFile file, OnnxType wanted, string reader)
        where TFrom : unmanaged, IBinaryFloatingPointIeee754<TFrom>, IMinMaxValue<TFrom> => wanted switch
        {
            OnnxType.Float16 => Values<TFrom, Half>(file, wanted, reader, StaysFinite),
            OnnxType.Float32 => Values<TFrom, float>(file, wanted, reader, StaysFinite),
            _ => null,
        };

    private static bool Fits<TFrom, TTo>(TFrom from, TTo to)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo> => TFrom.CreateSaturating(to) == from;

    private static bool StaysFinite<TFrom, TTo>(TFrom from, TTo to)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo> => TTo.IsFinite(to) || !TFrom.IsFinite(from);

    private static byte[] Values<TFrom, TTo>(NpyFile file, OnnxType wanted, string reader, Func<TFrom, TTo, bool> fits)
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
                throw new NpyException(FormattableString.Invariant(
                    $"{file.Path} holds {from[i]} at {Index(file.Shape, i)}; {reader} is {wanted.GetName()}, which holds {TTo.MinValue} to {TTo.MaxValue}."));
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
