namespace Pinion.Onnx;

/// <summary>What <see cref="Fp16Converter"/> converts.</summary>
public sealed record Fp16Options
{
    /// <summary>Whether the model's own FP32 inputs and outputs become FP16 too. Default no: callers need not change.</summary>
    public bool HalfInputsAndOutputs { get; init; }

    /// <summary>
    /// Patterns of nodes' names or operators, with * and ?: only such nodes become FP16. Empty for all. A node in a body is named
    /// <c>OUTER/INNER</c>, one without a name <c>Conv of 'y'</c>.
    /// </summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of nodes that stay FP32; they win over <see cref="Include"/>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Names of nodes that stay FP32, exactly as <see cref="Fp16Decision.Node"/> has them, each with the reason; a recipe's.</summary>
    public IReadOnlyDictionary<string, string> Keep { get; init; } = new Dictionary<string, string>();

    /// <summary>Sizes that dynamic dimensions of inputs get; with them a model is static and builds faster. Default: none, they stay dynamic.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> InputShapes { get; init; } = new Dictionary<string, IReadOnlyList<long>>();
}
