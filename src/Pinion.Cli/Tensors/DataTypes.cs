namespace Pinion.Cli;

/// <summary>Element types in the words of NumPy and ONNX, as every command prints them.</summary>
internal static class DataTypes
{
    public static string Name(TensorDataType type) => type switch
    {
        TensorDataType.Float32 => "float32",
        TensorDataType.Float16 => "float16",
        TensorDataType.Int8 => "int8",
        TensorDataType.Int32 => "int32",
        TensorDataType.Bool => "bool",
        TensorDataType.UInt8 => "uint8",
        TensorDataType.Fp8 => "float8e4m3",
        TensorDataType.BFloat16 => "bfloat16",
        TensorDataType.Int64 => "int64",
        TensorDataType.Int4 => "int4",
        _ => $"type{(int)type}",
    };

    public static string Name(Precision precision) => precision == Precision.Fp16 ? "fp16" : "fp32";
}
