namespace Pinion.Onnx;

/// <summary>
/// Infers the shapes of all values of a model from those of its inputs, without running it and without its weights. Small integer
/// values are followed, so that shapes which the graph itself computes are found too.
/// </summary>
public static class OnnxShapeInference
{
    /// <summary>Infers the shapes of a model, such as <see cref="OnnxSkeleton"/> reads.</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="options">The input shapes; null for the model's own, with a batch of 1.</param>
    /// <returns>Shapes by the names of inputs, initializers and outputs of nodes: null for a dimension that is not known; a value of
    /// which not even the rank is known is left out.</returns>
    /// <exception cref="ArgumentException">A given input shape does not fit the model, or the model has no graph.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<long?>> Infer(ModelProto model, OnnxShapeOptions? options = null) =>
        new InferredGraph(model, options ?? new OnnxShapeOptions()).Values
            .Where(v => v.Value.Shape is not null)
            .ToDictionary(v => v.Key, v => v.Value.Shape!, StringComparer.Ordinal);
}
