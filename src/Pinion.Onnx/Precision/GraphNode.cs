namespace Pinion.Onnx;

/// <summary>A node of a model that is converted, with its decision.</summary>
internal sealed class GraphNode(NodeProto proto, ModelGraph graph, int index, long opset)
{
    public NodeProto Proto => proto;

    public ModelGraph Graph => graph;

    public string Operator => proto.OpType;

    /// <summary>Its name, or what a node without one is called.</summary>
    public string Name { get; } = proto.Name.Length > 0 ? proto.Name
        : proto.Output.FirstOrDefault(o => o.Length > 0) is { } output ? $"{proto.OpType} of '{output}'" : $"{proto.OpType} {index}";

    /// <summary>Null for an operator that is not ONNX's own.</summary>
    public OperatorTypes? Types { get; } = proto.Domain is "" or "ai.onnx" ? OperatorTypes.Find(proto.OpType, opset) : null;

    /// <summary>Null for one that is left out.</summary>
    public required IReadOnlyList<GraphValue?> Inputs { get; init; }

    /// <summary>Null for one that is not asked for.</summary>
    public IReadOnlyList<GraphValue?> Outputs { get; set; } = [];

    /// <summary>The graphs inside it, in the order of its attributes.</summary>
    public required IReadOnlyList<ModelGraph> Bodies { get; init; }

    public NodePrecision Precision { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>The type in which each input is read; undefined for whatever the input is.</summary>
    public OnnxType[] Wants { get; } = new OnnxType[proto.Input.Count];

    /// <summary>Scale and bias that stand for the statistics of a BatchNormalization.</summary>
    public (float[] Scale, float[] Bias)? Folded { get; set; }

    public AttributeProto? Attribute(string name) => OnnxNode.Find(proto, name);
}
