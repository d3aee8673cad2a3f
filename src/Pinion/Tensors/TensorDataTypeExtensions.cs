namespace Pinion;

/// <summary>What a tensor's element type means in text, in C# and in memory: the one table of it.</summary>
public static class TensorDataTypeExtensions
{
    // In the order of the numbers.
    private static readonly (string Name, Type Managed, string Keyword, int Bits)[] Types =
    [
        ("float32", typeof(float), "float", 32),
        ("float16", typeof(Half), "Half", 16),
        ("int8", typeof(sbyte), "sbyte", 8),
        ("int32", typeof(int), "int", 32),
        ("bool", typeof(bool), "bool", 8),
        ("uint8", typeof(byte), "byte", 8),
        ("float8e4m3", typeof(byte), "byte", 8),
        ("bfloat16", typeof(ushort), "ushort", 16),
        ("int64", typeof(long), "long", 64),
        ("int4", typeof(byte), "byte", 4),
    ];

    /// <summary>The name that files, JSON and messages use: NumPy's, and <c>float8e4m3</c>, <c>bfloat16</c>, <c>int4</c>.</summary>
    public static string GetName(this TensorDataType type) => Types[(int)type].Name;

    /// <summary>Reads a name as <see cref="GetName"/> gives it; false where it names no type of TensorRT.</summary>
    public static bool TryParse(string? name, out TensorDataType type)
    {
        int index = Array.FindIndex(Types, t => t.Name == name);
        type = (TensorDataType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>The C# type that spans of it have.</summary>
    public static Type GetElementType(this TensorDataType type) => Types[(int)type].Managed;

    /// <summary>The memory that elements take, in bytes, rounded up.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="elements">How many there are.</param>
    /// <exception cref="OverflowException">The size does not fit 64 bits.</exception>
    public static long GetSizeBytes(this TensorDataType type, long elements) => checked((elements * Types[(int)type].Bits + 7) / 8);

    /// <summary>The C# type in C#'s own word.</summary>
    internal static string GetKeyword(Type managed) => Array.Find(Types, t => t.Managed == managed).Keyword ?? managed.Name;
}
