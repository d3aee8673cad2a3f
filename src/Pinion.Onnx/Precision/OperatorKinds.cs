using System.Collections.Frozen;

namespace Pinion.Onnx;

/// <summary>What conversion to FP16 asks about an operator beside its types.</summary>
internal static class OperatorKinds
{
    private static readonly FrozenSet<string> Moving = FrozenSet.Create(
        StringComparer.Ordinal,
        "Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split", "Concat", "Gather", "GatherElements", "GatherND", "Expand", "Tile", "Pad",
        "DepthToSpace", "SpaceToDepth", "ReverseSequence", "Compress", "Trilu", "CenterCropPad", "ConstantOfShape");

    private static readonly FrozenSet<string> Elementwise = FrozenSet.Create(
        StringComparer.Ordinal,
        "Abs", "Acos", "Acosh", "Add", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Celu", "Clip", "Cos", "Cosh", "Div", "Dropout", "Elu", "Erf", "Exp", "Floor", "Gelu",
        "HardSigmoid", "HardSwish", "LeakyRelu", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "PRelu", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Shrink",
        "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tan", "Tanh", "ThresholdedRelu", "Where");

    // Random numbers, signal processing and what ONNX composes of other operators: engines have no FP16 of it.
    private static readonly FrozenSet<string> Fp32 = FrozenSet.Create(
        StringComparer.Ordinal,
        "Bernoulli", "BlackmanWindow", "DFT", "Det", "EyeLike", "HammingWindow", "HannWindow", "MeanVarianceNormalization", "MelWeightMatrix", "Multinomial", "RandomNormal", "RandomNormalLike",
        "RandomUniform", "RandomUniformLike", "STFT");

    /// <summary>Whether it only moves elements or repeats them.</summary>
    public static bool Moves(string operation) => Moving.Contains(operation);

    /// <summary>Whether it gives all of its first input, once or more, in another shape.</summary>
    public static bool Repeats(string operation) => operation is "Expand" or "Flatten" or "Identity" or "Reshape" or "Squeeze" or "Tile" or "Transpose" or "Unsqueeze";

    /// <summary>Whether it sums up or compares the elements of one input.</summary>
    public static bool Sums(string operation) => operation == "CumSum" || operation.StartsWith("Reduce", StringComparison.Ordinal);

    /// <summary>Whether a Cast beside it costs as much as the node itself.</summary>
    public static bool IsLight(string operation) => Moving.Contains(operation) || Elementwise.Contains(operation);

    /// <summary>Whether it stays FP32 although ONNX has an FP16 form.</summary>
    public static bool KeepsFp32(GraphNode node) =>
        Fp32.Contains(node.Operator) || (node.Operator is "ScatterElements" or "ScatterND" && node.Attribute("reduction") is { } reduction && reduction.S.ToStringUtf8() != "none");

    /// <summary>Whether it makes indices by comparing its input's elements.</summary>
    public static bool Selects(string operation) => operation is "TopK" or "Unique";
}
