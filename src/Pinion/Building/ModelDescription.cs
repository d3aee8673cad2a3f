namespace Pinion;

/// <summary>The inputs and outputs of an ONNX model.</summary>
/// <param name="Inputs">In the model's order.</param>
/// <param name="Outputs">In the model's order.</param>
/// <param name="DimensionNames">By input that has any: what the model calls its dimensions, null where it has no name. TensorRT wants inputs' dimensions of one name to be equal.</param>
/// <param name="Json">The native layer's own text, with all it knows.</param>
public sealed record ModelDescription(IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs, IReadOnlyDictionary<string, IReadOnlyList<string?>> DimensionNames, string Json)
{
    /// <summary>Names of the layers of TensorRT's network, in its order; several where a node became several.</summary>
    public IReadOnlyList<string> LayerNames { get; init; } = [];
}
