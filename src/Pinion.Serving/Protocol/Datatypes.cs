namespace Pinion.Serving;

/// <summary>The protocol's names of element types.</summary>
internal static class Datatypes
{
    private static readonly (TensorDataType Type, string Name)[] All =
    [
        (TensorDataType.Float32, "FP32"),
        (TensorDataType.Float16, "FP16"),
        (TensorDataType.BFloat16, "BF16"),
        (TensorDataType.Int8, "INT8"),
        (TensorDataType.Int32, "INT32"),
        (TensorDataType.Int64, "INT64"),
        (TensorDataType.UInt8, "UINT8"),
        (TensorDataType.Bool, "BOOL"),
    ];

    /// <summary>The protocol's name; TensorRT's where the protocol has none.</summary>
    public static string Name(TensorDataType type)
    {
        int index = IndexOf(type);
        return index < 0 ? type.ToString().ToUpperInvariant() : All[index].Name;
    }

    /// <summary>Whether tensors of a type can be in a request or an answer at all.</summary>
    public static bool TryGetBytes(TensorDataType type, out int bytes)
    {
        bool known = IndexOf(type) >= 0;
        bytes = known ? (int)type.GetSizeBytes(1) : 0;
        return known;
    }

    /// <summary>16-bit floats have no form in JSON: the protocol has them in binary only.</summary>
    public static bool HasJsonForm(TensorDataType type) =>
        type is not (TensorDataType.Float16 or TensorDataType.BFloat16) && IndexOf(type) >= 0;

    private static int IndexOf(TensorDataType type)
    {
        for (int i = 0; i < All.Length; i++)
        {
            if (All[i].Type == type)
            {
                return i;
            }
        }

        return -1;
    }
}
