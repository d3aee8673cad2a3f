using System.Globalization;

namespace Pinion.Onnx;

/// <summary>An input or output as the model declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type in NumPy's words, such as float32.</param>
/// <param name="Shape">Dimensions: numbers, names of open dimensions, or ? for open ones without a name. Null if nothing is said.</param>
public sealed record OnnxTensorInfo(string Name, string Type, IReadOnlyList<string>? Shape)
{
    internal static OnnxTensorInfo Of(ValueInfoProto info)
    {
        TypeProto.Types.Tensor? tensor = info.Type?.TensorType;
        return new OnnxTensorInfo(
            info.Name,
            tensor is null ? "not a tensor" : ((OnnxType)tensor.ElemType).GetName(),
            tensor?.Shape?.Dim.Select(Text).ToArray());
    }

    /// <summary>Some exporters write open dimensions as -1 or 0.</summary>
    internal static string Text(TensorShapeProto.Types.Dimension dim) =>
        dim.HasDimParam && dim.DimParam.Length > 0 ? dim.DimParam
            : dim.HasDimValue && dim.DimValue > 0 ? dim.DimValue.ToString(CultureInfo.InvariantCulture) : "?";
}
