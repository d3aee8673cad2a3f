namespace Pinion.Onnx;

/// <summary>The input shapes at which a model's other shapes are inferred and its costs counted.</summary>
public sealed record OnnxShapeOptions
{
    /// <summary>Stands in for an input's first dimension where the model leaves it open. Default 1.</summary>
    public long Batch { get; init; } = 1;

    /// <summary>Whole shapes by input name, for inputs whose other dimensions are open too.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> InputShapes { get; init; } = new Dictionary<string, IReadOnlyList<long>>();
}
