namespace Pinion.Onnx;

/// <summary>A node with what is known of its inputs, and its attributes by name.</summary>
internal sealed class OnnxNode(NodeProto proto, IReadOnlyList<OnnxValue?> inputs, long opset)
{
    public NodeProto Proto => proto;

    public string Operator => proto.OpType;

    public long Opset => opset;

    public int OutputCount => proto.Output.Count;

    public int InputCount => inputs.Count;

    /// <summary>An input; nothing is known of one that is left out.</summary>
    public OnnxValue Input(int index) => (index < inputs.Count ? inputs[index] : null) ?? OnnxValue.Unknown;

    public bool HasInput(int index) => index < inputs.Count && inputs[index] is not null;

    /// <summary>Whether every input is constant, and there is one.</summary>
    public bool IsConstant => inputs.Count > 0 && inputs.All(i => i is null or { IsConstant: true });

    public long Int(string name, long absent) => Find(proto, name) is { HasI: true } a ? a.I : absent;

    public string Text(string name, string absent) => Find(proto, name) is { HasS: true } a ? a.S.ToStringUtf8() : absent;

    public IReadOnlyList<long>? Ints(string name) => Find(proto, name) is { } a ? a.Ints : null;

    public IReadOnlyList<float>? Floats(string name) => Find(proto, name) is { } a ? a.Floats : null;

    public TensorProto? Tensor(string name) => Find(proto, name)?.T;

    public bool Has(string name) => Find(proto, name) is not null;

    public bool HasSubgraph => Bodies(proto).Any();

    /// <summary>Axes or the like, which later opsets pass as an input and earlier ones as an attribute. Null if unknown or absent.</summary>
    public IReadOnlyList<long>? IntsOrInput(string name, int input) =>
        Ints(name) ?? (Input(input).Integers is { } known && known.All(v => v is not null) ? [.. known.Select(v => v!.Value)] : null);

    /// <summary>The graphs inside a node.</summary>
    public static IEnumerable<GraphProto> Bodies(NodeProto node) => node.Attribute.SelectMany(Bodies);

    /// <summary>The graphs inside an attribute.</summary>
    public static IEnumerable<GraphProto> Bodies(AttributeProto attribute) => attribute.G is { } one ? attribute.Graphs.Append(one) : attribute.Graphs;

    /// <summary>An attribute of a node; null where it has none of that name.</summary>
    public static AttributeProto? Find(NodeProto node, string name)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (attribute.Name == name)
            {
                return attribute;
            }
        }

        return null;
    }
}
