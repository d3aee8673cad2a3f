using System.Globalization;

namespace Pinion.Onnx;

/// <summary>An input or output as the model declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type, such as float.</param>
/// <param name="Shape">Dimensions: numbers, names of open dimensions, or ? for open ones without a name. Null if nothing is said.</param>
public sealed record OnnxTensorInfo(string Name, string Type, IReadOnlyList<string>? Shape)
{
    internal static OnnxTensorInfo Of(ValueInfoProto info)
    {
        var tensor = info.Type?.TensorType;
        return new OnnxTensorInfo(
            info.Name,
            tensor is null ? "not a tensor" : TypeName((OnnxType)tensor.ElemType),
            tensor?.Shape?.Dim.Select(Text).ToArray());
    }

    /// <summary>Some exporters write open dimensions as -1 or 0.</summary>
    internal static string Text(TensorShapeProto.Types.Dimension dim) =>
        dim.HasDimParam && dim.DimParam.Length > 0 ? dim.DimParam
            : dim.HasDimValue && dim.DimValue > 0 ? dim.DimValue.ToString(CultureInfo.InvariantCulture) : "?";

    /// <summary>In ONNX's own words.</summary>
    private static string TypeName(OnnxType type) => type switch
    {
        OnnxType.Float32 => "float",
        OnnxType.UInt8 => "uint8",
        OnnxType.Int8 => "int8",
        OnnxType.UInt16 => "uint16",
        OnnxType.Int16 => "int16",
        OnnxType.Int32 => "int32",
        OnnxType.Int64 => "int64",
        OnnxType.String => "string",
        OnnxType.Bool => "bool",
        OnnxType.Float16 => "float16",
        OnnxType.Float64 => "double",
        OnnxType.UInt32 => "uint32",
        OnnxType.UInt64 => "uint64",
        OnnxType.BFloat16 => "bfloat16",
        _ => string.Create(CultureInfo.InvariantCulture, $"type {(int)type}"),
    };
}
