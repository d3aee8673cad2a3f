namespace Pinion.Zoo;

/// <summary>The input shapes that a model is counted at.</summary>
public sealed record OnnxCountOptions
{
    /// <summary>Stands in for an input's first dimension where the model leaves it open. Default 1.</summary>
    public long Batch { get; init; } = 1;

    /// <summary>Whole shapes by input name, for inputs whose other dimensions are open too.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> InputShapes { get; init; } = new Dictionary<string, IReadOnlyList<long>>();
}
