namespace Pinion.Triton;

/// <summary>Element types in the words of Triton's configuration, in the order of their numbers there.</summary>
internal static class TritonTypes
{
    private static readonly (string Name, TensorDataType? Type)[] Types =
    [
        ("TYPE_INVALID", null),
        ("TYPE_BOOL", TensorDataType.Bool),
        ("TYPE_UINT8", TensorDataType.UInt8),
        ("TYPE_UINT16", null),
        ("TYPE_UINT32", null),
        ("TYPE_UINT64", null),
        ("TYPE_INT8", TensorDataType.Int8),
        ("TYPE_INT16", null),
        ("TYPE_INT32", TensorDataType.Int32),
        ("TYPE_INT64", TensorDataType.Int64),
        ("TYPE_FP16", TensorDataType.Float16),
        ("TYPE_FP32", TensorDataType.Float32),
        ("TYPE_FP64", null),
        ("TYPE_STRING", null),
        ("TYPE_BF16", TensorDataType.BFloat16),
    ];

    public static string[] Names { get; } = [.. Types.Select(t => t.Name)];

    /// <summary>Null for a type that TensorRT has none of.</summary>
    public static TensorDataType? Parse(string name) => Types.First(t => t.Name == name).Type;

    /// <summary>Null for a type that Triton has no word for.</summary>
    public static string? NameOf(TensorDataType type) => Array.Find(Types, t => t.Type == type).Name;
}
