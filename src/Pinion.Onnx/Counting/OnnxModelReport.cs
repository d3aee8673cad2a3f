namespace Pinion.Onnx;

/// <summary>What is in an ONNX model: parameters, multiply-accumulates, layers.</summary>
public sealed record OnnxModelReport
{
    /// <summary>Version of the file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>Version of ONNX's own operators; 0 if the model names none.</summary>
    public required long Opset { get; init; }

    /// <summary>The program that wrote the file, and its version.</summary>
    public required string Producer { get; init; }

    /// <summary>The file's own key and value pairs.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The inputs that are not weights.</summary>
    public required IReadOnlyList<OnnxTensorInfo> Inputs { get; init; }

    /// <summary>The outputs.</summary>
    public required IReadOnlyList<OnnxTensorInfo> Outputs { get; init; }

    /// <summary>Elements of all weights, without batch norm statistics.</summary>
    public required long Parameters { get; init; }

    /// <summary>Elements of batch norms' running means and variances.</summary>
    public required long Statistics { get; init; }

    /// <summary>Elements of all weights and statistics: what a state dict holds.</summary>
    public long State => Parameters + Statistics;

    /// <summary>Tensors that hold those elements.</summary>
    public required int Tensors { get; init; }

    /// <summary>Multiply-accumulates of the whole model at the shapes it was counted at.</summary>
    public required OnnxMacs Macs { get; init; }

    /// <summary>Layers by what they do.</summary>
    public required OnnxLayerCounts Layers { get; init; }

    /// <summary>Nodes by operator.</summary>
    public required IReadOnlyDictionary<string, int> Operators { get; init; }

    /// <summary>Every node of the graph, in its order.</summary>
    public required IReadOnlyList<OnnxNodeReport> Nodes { get; init; }

    /// <summary>Nodes whose multiply-accumulates could not be counted. Where there are any, <see cref="Macs"/> is a lower bound.</summary>
    public required IReadOnlyList<OnnxUncounted> Uncounted { get; init; }
}

/// <summary>Multiply-accumulates by kind. Biases, norms, activations and pools are not counted.</summary>
/// <param name="Conv">Convolutions.</param>
/// <param name="Linear">Matrix products with a constant, and recurrent layers.</param>
/// <param name="Attention">Matrix products of two computed values.</param>
public readonly record struct OnnxMacs(long Conv, long Linear, long Attention)
{
    /// <summary>All of them.</summary>
    public long Total => Conv + Linear + Attention;

    /// <summary>Adds kind by kind.</summary>
    public static OnnxMacs operator +(OnnxMacs a, OnnxMacs b) => a.Plus(b);

    /// <summary>Adds kind by kind.</summary>
    public OnnxMacs Plus(OnnxMacs other) => new(Conv + other.Conv, Linear + other.Linear, Attention + other.Attention);
}

/// <summary>Layers by what they do, whether written as one operator or as a known sequence.</summary>
public sealed record OnnxLayerCounts
{
    /// <summary>Convolutions, those with groups included.</summary>
    public required int Convolutions { get; init; }

    /// <summary>Convolutions with more than one group.</summary>
    public required int GroupedConvolutions { get; init; }

    /// <summary>Batch norms.</summary>
    public required int BatchNorms { get; init; }

    /// <summary>Layer norms.</summary>
    public required int LayerNorms { get; init; }

    /// <summary>Gemm nodes and matrix products with a constant.</summary>
    public required int Linears { get; init; }

    /// <summary>ReLUs.</summary>
    public required int Relus { get; init; }

    /// <summary>GELUs.</summary>
    public required int Gelus { get; init; }

    /// <summary>Softmax nodes.</summary>
    public required int Softmaxes { get; init; }

    /// <summary>Max pools.</summary>
    public required int MaxPools { get; init; }

    /// <summary>Average pools with a window.</summary>
    public required int AveragePools { get; init; }

    /// <summary>Global pools.</summary>
    public required int GlobalPools { get; init; }
}

/// <summary>A node, what it computes and what it costs.</summary>
/// <param name="Name">The node's name; the name of its first output if it has none.</param>
/// <param name="Operator">The operator.</param>
/// <param name="OutputShape">Shape of the first output; null where it is not known, -1 for single unknown dimensions.</param>
/// <param name="Parameters">Elements of the weights that this node is the first to use, statistics included.</param>
/// <param name="Macs">Its multiply-accumulates.</param>
public sealed record OnnxNodeReport(string Name, string Operator, IReadOnlyList<long>? OutputShape, long Parameters, OnnxMacs Macs);

/// <summary>A node that costs something unknown.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Reason">Why it was not counted.</param>
public sealed record OnnxUncounted(string Name, string Operator, string Reason);
