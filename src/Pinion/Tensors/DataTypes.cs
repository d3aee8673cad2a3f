namespace Pinion;

/// <summary>Which C# type stands for which tensor type, and how much memory elements take.</summary>
internal static class DataTypes
{
    internal static bool Matches<T>(TensorDataType type)
        where T : unmanaged => type switch
        {
            TensorDataType.Float32 => typeof(T) == typeof(float),
            TensorDataType.Float16 => typeof(T) == typeof(Half),
            TensorDataType.Int8 => typeof(T) == typeof(sbyte),
            TensorDataType.Int32 => typeof(T) == typeof(int),
            TensorDataType.Bool => typeof(T) == typeof(bool),
            TensorDataType.UInt8 or TensorDataType.Fp8 or TensorDataType.Int4 => typeof(T) == typeof(byte),
            TensorDataType.BFloat16 => typeof(T) == typeof(ushort),
            TensorDataType.Int64 => typeof(T) == typeof(long),
            _ => false,
        };

    internal static string ManagedName(TensorDataType type) => type switch
    {
        TensorDataType.Float32 => "float",
        TensorDataType.Float16 => "Half",
        TensorDataType.Int8 => "sbyte",
        TensorDataType.Int32 => "int",
        TensorDataType.Bool => "bool",
        TensorDataType.UInt8 or TensorDataType.Fp8 or TensorDataType.Int4 => "byte",
        TensorDataType.BFloat16 => "ushort",
        TensorDataType.Int64 => "long",
        _ => "byte",
    };

    internal static string ManagedName<T>()
        where T : unmanaged =>
        typeof(T) == typeof(float) ? "float"
        : typeof(T) == typeof(sbyte) ? "sbyte"
        : typeof(T) == typeof(int) ? "int"
        : typeof(T) == typeof(bool) ? "bool"
        : typeof(T) == typeof(byte) ? "byte"
        : typeof(T) == typeof(ushort) ? "ushort"
        : typeof(T) == typeof(long) ? "long"
        : typeof(T).Name;

    internal static int Bits(TensorDataType type) => type switch
    {
        TensorDataType.Float32 or TensorDataType.Int32 => 32,
        TensorDataType.Float16 or TensorDataType.BFloat16 => 16,
        TensorDataType.Int64 => 64,
        TensorDataType.Int4 => 4,
        _ => 8,
    };

    internal static long Bytes(TensorDataType type, long elements) => checked((elements * Bits(type) + 7) / 8);

    /// <summary>The native layer's name of a type, or null.</summary>
    internal static TensorDataType? Parse(string? text) => text switch
    {
        "float32" => TensorDataType.Float32,
        "float16" => TensorDataType.Float16,
        "int8" => TensorDataType.Int8,
        "int32" => TensorDataType.Int32,
        "bool" => TensorDataType.Bool,
        "uint8" => TensorDataType.UInt8,
        "float8" => TensorDataType.Fp8,
        "bfloat16" => TensorDataType.BFloat16,
        "int64" => TensorDataType.Int64,
        "int4" => TensorDataType.Int4,
        _ => null,
    };
}
