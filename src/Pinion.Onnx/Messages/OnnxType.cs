namespace Pinion.Onnx;

/// <summary>Element types by ONNX's numbers: what <see cref="TensorProto.DataType"/> holds.</summary>
public enum OnnxType
{
    /// <summary>No type is given.</summary>
    Undefined = 0,

    /// <summary><see cref="float"/>.</summary>
    Float32 = 1,

    /// <summary><see cref="byte"/>.</summary>
    UInt8 = 2,

    /// <summary><see cref="sbyte"/>.</summary>
    Int8 = 3,

    /// <summary><see cref="ushort"/>.</summary>
    UInt16 = 4,

    /// <summary><see cref="short"/>.</summary>
    Int16 = 5,

    /// <summary><see cref="int"/>.</summary>
    Int32 = 6,

    /// <summary><see cref="long"/>.</summary>
    Int64 = 7,

    /// <summary>Text.</summary>
    String = 8,

    /// <summary><see cref="bool"/>, one byte each.</summary>
    Bool = 9,

    /// <summary><see cref="Half"/>.</summary>
    Float16 = 10,

    /// <summary><see cref="double"/>.</summary>
    Float64 = 11,

    /// <summary><see cref="uint"/>.</summary>
    UInt32 = 12,

    /// <summary><see cref="ulong"/>.</summary>
    UInt64 = 13,

    /// <summary>Two <see cref="float"/>.</summary>
    Complex64 = 14,

    /// <summary>Two <see cref="double"/>.</summary>
    Complex128 = 15,

    /// <summary>The upper half of a <see cref="float"/>.</summary>
    BFloat16 = 16,

    /// <summary>Eight bits, four of them exponent; finite values and NaN (FLOAT8E4M3FN).</summary>
    Float8E4M3 = 17,

    /// <summary>As <see cref="Float8E4M3"/>, without a negative zero.</summary>
    Float8E4M3Fnuz = 18,

    /// <summary>Eight bits, five of them exponent.</summary>
    Float8E5M2 = 19,

    /// <summary>As <see cref="Float8E5M2"/>, without infinities and negative zero.</summary>
    Float8E5M2Fnuz = 20,

    /// <summary>Two elements a byte, the first in the lower half.</summary>
    UInt4 = 21,

    /// <summary>Two elements a byte, the first in the lower half.</summary>
    Int4 = 22,
}
