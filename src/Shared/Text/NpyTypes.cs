using Pinion.Onnx;

namespace Pinion;

/// <summary>TensorRT's element types in ONNX's numbering, which .npy files have here.</summary>
internal static class NpyTypes
{
    private static readonly (TensorDataType Tensor, OnnxType Onnx)[] Types =
    [
        (TensorDataType.Float32, OnnxType.Float32),
        (TensorDataType.Float16, OnnxType.Float16),
        (TensorDataType.Int8, OnnxType.Int8),
        (TensorDataType.Int32, OnnxType.Int32),
        (TensorDataType.Bool, OnnxType.Bool),
        (TensorDataType.UInt8, OnnxType.UInt8),
        (TensorDataType.Fp8, OnnxType.Float8E4M3),
        (TensorDataType.BFloat16, OnnxType.BFloat16),
        (TensorDataType.Int64, OnnxType.Int64),
        (TensorDataType.Int4, OnnxType.Int4),
    ];

    /// <summary>The type of the file's elements; null where TensorRT has none.</summary>
    public static TensorDataType? TensorType(this NpyFile file)
    {
        int at = Array.FindIndex(Types, t => t.Onnx == file.Type.Element);
        return at < 0 ? null : Types[at].Tensor;
    }

    public static OnnxType Of(TensorDataType type) => Array.Find(Types, t => t.Tensor == type).Onnx;
}
