namespace Pinion.Onnx;

/// <summary>Counts layers, and knows layer norm and GELU where they are spelled out.</summary>
internal static class OnnxLayers
{
    public static OnnxLayerCounts Count(GraphProto graph, IReadOnlyDictionary<string, OnnxValue> values)
    {
        var producers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output)
            {
                producers[output] = node;
            }
        }

        int Operators(params string[] types) => graph.Node.Count(n => types.Contains(n.OpType));
        bool Constant(NodeProto node, int input) => input < node.Input.Count && values.GetValueOrDefault(node.Input[input]) is { IsConstant: true };
        return new OnnxLayerCounts
        {
            Convolutions = Operators("Conv", "ConvTranspose", "ConvInteger", "QLinearConv"),
            GroupedConvolutions = graph.Node.Count(n => n.OpType is "Conv" or "ConvTranspose" && n.Attribute.Any(a => a.Name == "group" && a.I > 1)),
            BatchNorms = Operators("BatchNormalization"),
            LayerNorms = Operators("LayerNormalization") + graph.Node.Count(n => IsSpelledOutLayerNorm(n, producers)),
            Linears = graph.Node.Count(n => n.OpType == "Gemm" || (n.OpType == "MatMul" && Constant(n, 0) != Constant(n, 1))),
            Relus = Operators("Relu"),
            Gelus = Operators("Gelu") + graph.Node.Count(n => IsSpelledOutGelu(n, producers)),
            Softmaxes = Operators("Softmax"),
            MaxPools = Operators("MaxPool"),
            AveragePools = Operators("AveragePool"),
            GlobalPools = Operators("GlobalAveragePool", "GlobalMaxPool"),
        };
    }

    /// <summary>(x - mean) / sqrt(mean((x - mean)^2) + eps): the Div at its end.</summary>
    private static bool IsSpelledOutLayerNorm(NodeProto node, Dictionary<string, NodeProto> producers)
    {
        NodeProto? centred = Maker(node, "Div", 0, producers);
        NodeProto? root = Maker(node, "Div", 1, producers);
        return centred?.OpType == "Sub"
            && root?.OpType == "Sqrt"
            && Maker(root, "Sqrt", 0, producers) is { OpType: "Add" } sum
            && (Maker(sum, "Add", 0, producers) ?? Maker(sum, "Add", 1, producers)) is { OpType: "ReduceMean" } mean
            && Maker(mean, "ReduceMean", 0, producers) is { OpType: "Pow" or "Mul" } square
            && square.Input[0] == centred.Output[0];
    }

    /// <summary>x (1 + erf(x / sqrt 2)) / 2: the Erf in its middle.</summary>
    private static bool IsSpelledOutGelu(NodeProto node, Dictionary<string, NodeProto> producers) =>
        Maker(node, "Erf", 0, producers)?.OpType is "Div" or "Mul";

    private static NodeProto? Maker(NodeProto node, string type, int input, Dictionary<string, NodeProto> producers) =>
        node.OpType == type && input < node.Input.Count ? producers.GetValueOrDefault(node.Input[input]) : null;
}
