namespace Pinion;

/// <summary>Element types of tensors, in TensorRT's numbering. Each names the C# type that spans of it have.</summary>
public enum TensorDataType
{
    /// <summary><see cref="float"/>.</summary>
    Float32 = 0,

    /// <summary><see cref="Half"/>.</summary>
    Float16 = 1,

    /// <summary><see cref="sbyte"/>.</summary>
    Int8 = 2,

    /// <summary><see cref="int"/>.</summary>
    Int32 = 3,

    /// <summary><see cref="bool"/>, one byte each.</summary>
    Bool = 4,

    /// <summary><see cref="byte"/>.</summary>
    UInt8 = 5,

    /// <summary>E4M3, as <see cref="byte"/>.</summary>
    Fp8 = 6,

    /// <summary>The upper half of a <see cref="float"/>, as <see cref="ushort"/>.</summary>
    BFloat16 = 7,

    /// <summary><see cref="long"/>.</summary>
    Int64 = 8,

    /// <summary>Two elements a <see cref="byte"/>, the first in the lower half.</summary>
    Int4 = 9,
}
