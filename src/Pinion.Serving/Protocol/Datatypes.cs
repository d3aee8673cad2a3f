namespace Pinion.Serving;

/// <summary>The protocol's names of element types.</summary>
internal static class Datatypes
{
    private static readonly (TensorDataType Type, string Name, int Bytes)[] All =
    [
        (TensorDataType.Float32, "FP32", 4),
        (TensorDataType.Float16, "FP16", 2),
        (TensorDataType.BFloat16, "BF16", 2),
        (TensorDataType.Int8, "INT8", 1),
        (TensorDataType.Int32, "INT32", 4),
        (TensorDataType.Int64, "INT64", 8),
        (TensorDataType.UInt8, "UINT8", 1),
        (TensorDataType.Bool, "BOOL", 1),
    ];

    /// <summary>The protocol's name; TensorRT's where the protocol has none.</summary>
    public static string Name(TensorDataType type)
    {
        foreach ((TensorDataType known, string name, _) in All)
        {
            if (known == type)
            {
                return name;
            }
        }

        return type.ToString().ToUpperInvariant();
    }

    /// <summary>Whether tensors of a type can be in a request or an answer at all.</summary>
    public static bool TryGetBytes(TensorDataType type, out int bytes)
    {
        foreach ((TensorDataType known, _, int size) in All)
        {
            if (known == type)
            {
                bytes = size;
                return true;
            }
        }

        bytes = 0;
        return false;
    }

    /// <summary>16-bit floats have no form in JSON: the protocol has them in binary only.</summary>
    public static bool HasJsonForm(TensorDataType type) =>
        type is not (TensorDataType.Float16 or TensorDataType.BFloat16) && TryGetBytes(type, out _);
}
