using Pinion.Onnx;

namespace Pinion.Fp16;

/// <summary>How many values nodes add up for one element of what they make.</summary>
internal sealed class SumDepths(ModelProto model, IReadOnlyDictionary<string, IReadOnlyList<long?>> shapes)
{
    private readonly Dictionary<string, NodeProto> _producers = model.Graph.Node.SelectMany(n => n.Output.Where(o => o.Length > 0).Select(o => (Output: o, Node: n)))
        .DistinctBy(p => p.Output).ToDictionary(p => p.Output, p => p.Node, StringComparer.Ordinal);

    private readonly Dictionary<string, TensorProto> _weights = model.Graph.Initializer.DistinctBy(i => i.Name).ToDictionary(i => i.Name, StringComparer.Ordinal);

    /// <summary>The depth of a value; null where its node adds nothing up, or sizes are not known.</summary>
    public long? Of(string value)
    {
        if (!_producers.TryGetValue(value, out NodeProto? node))
        {
            return null;
        }

        IReadOnlyList<long?>? Shape(int input) => input >= node.Input.Count ? null
            : _weights.TryGetValue(node.Input[input], out TensorProto? weight) ? [.. weight.Dims.Select(d => (long?)d)] : shapes.GetValueOrDefault(node.Input[input]);
        long? Size(IReadOnlyList<long?>? dims) => dims?.Aggregate((long?)1, (product, d) => product * d);
        switch (node.OpType)
        {
            case "Conv":
                return Size(Shape(1)?.Skip(1).ToArray());
            case "ConvTranspose":
                return Shape(1) is { Count: > 1 } kernel ? kernel[0] * Size([.. kernel.Skip(2)]) : null;
            case "MatMul":
                return Shape(0) is { Count: > 0 } left ? left[^1] : null;
            case "Gemm":
                return Shape(0) is { Count: 2 } rows ? rows[node.Attribute.FirstOrDefault(a => a.Name == "transA")?.I == 1 ? 0 : 1] : null;
            case "GlobalAveragePool":
                return Size(Shape(0)?.Skip(2).ToArray());
            case "AveragePool":
                return node.Attribute.FirstOrDefault(a => a.Name == "kernel_shape") is { } window ? window.Ints.Aggregate(1L, (product, d) => product * d) : null;
            case "Softmax" or "LogSoftmax" or "LayerNormalization":
                return Shape(0) is { Count: > 0 } row ? row[^1] : null;
            case "InstanceNormalization":
                return Size(Shape(0)?.Skip(2).ToArray());
            default:
                return node.OpType.StartsWith("Reduce", StringComparison.Ordinal) && Size(Shape(0)) is { } all && shapes.TryGetValue(value, out IReadOnlyList<long?>? made) && Size(made) is > 0 and { } count
                    ? all / count : null;
        }
    }
}
