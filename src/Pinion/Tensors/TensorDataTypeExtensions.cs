namespace Pinion;

/// <summary>What a tensor's element type means in C# and in memory.</summary>
public static class TensorDataTypeExtensions
{
    /// <summary>The C# type that spans of it have.</summary>
    public static Type GetElementType(this TensorDataType type) => type switch
    {
        TensorDataType.Float32 => typeof(float),
        TensorDataType.Float16 => typeof(Half),
        TensorDataType.Int8 => typeof(sbyte),
        TensorDataType.Int32 => typeof(int),
        TensorDataType.Bool => typeof(bool),
        TensorDataType.BFloat16 => typeof(ushort),
        TensorDataType.Int64 => typeof(long),
        _ => typeof(byte),
    };

    /// <summary>The memory that elements take, in bytes, rounded up.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="elements">How many there are.</param>
    /// <exception cref="OverflowException">The size does not fit 64 bits.</exception>
    public static long GetSizeBytes(this TensorDataType type, long elements) => DataTypes.Bytes(type, elements);
}
