namespace Pinion.Onnx;

/// <summary>Multiply-accumulates of one node, or why they are not known.</summary>
internal readonly record struct OnnxCost(OnnxMacs Macs, string? Unknown);

/// <summary>What the operators that multiply cost.</summary>
internal static class OnnxCosts
{
    /// <summary>Null for operators that have no multiply-accumulates.</summary>
    public static OnnxCost? Find(OnnxNode node, OnnxValue output) => node.Operator switch
    {
        "Conv" or "ConvInteger" => Conv(output.Elements, node.Input(1)),
        "QLinearConv" => Conv(output.Elements, node.Input(3)),
        // Each input element meets every weight of its channel.
        "ConvTranspose" => Conv(node.Input(0).Elements, node.Input(1)),
        "Gemm" => Matrix(output.Elements, node.Input(0).Dim(node.Int("transA", 0) == 0 ? 1 : 0), node.Input(0), node.Input(1)),
        "MatMul" or "MatMulInteger" => Matrix(output.Elements, Inner(node.Input(0), node.Input(1)), node.Input(0), node.Input(1)),
        "QLinearMatMul" => Matrix(output.Elements, Inner(node.Input(0), node.Input(3)), node.Input(0), node.Input(3)),
        "Einsum" => OnnxEinsum.Parse(node) is { } sum
            ? Matrix(sum.Products, 1, node.Input(0), node.Input(1))
            : new OnnxCost(default, "its equation is not understood"),
        "LSTM" => Recurrent(node, gates: 4),
        "GRU" => Recurrent(node, gates: 3),
        "RNN" => Recurrent(node, gates: 1),
        "Attention" or "MultiHeadAttention" or "DeformConv" or "Scan" or "Loop" or "If" => new OnnxCost(default, "the operator is not counted"),
        _ => null,
    };

    private static OnnxCost Conv(long? positions, OnnxValue weight) =>
        Cost(OnnxValue.Product([positions, .. weight.Shape?.Skip(1) ?? [null]]), macs => new OnnxMacs(macs, 0, 0));

    /// <summary>A product with a constant is a linear layer; one of two computed values is attention's.</summary>
    private static OnnxCost Matrix(long? outputs, long? inner, OnnxValue a, OnnxValue b) => Cost(
        OnnxValue.Product([outputs, inner]),
        macs => a.IsConstant || b.IsConstant ? new OnnxMacs(0, macs, 0) : new OnnxMacs(0, 0, macs));

    private static long? Inner(OnnxValue a, OnnxValue b) => a.Dim(-1) ?? b.Dim(b.Rank == 1 ? -1 : -2);

    private static OnnxCost Recurrent(OnnxNode node, int gates)
    {
        (OnnxValue? x, OnnxValue? weight, OnnxValue? recurrence) = (node.Input(0), node.Input(1), node.Input(2));
        long? width = weight.Dim(2) + recurrence.Dim(2);
        return Cost(
            OnnxValue.Product([x.Dim(0), x.Dim(1), weight.Dim(0), gates, recurrence.Dim(2), width]),
            macs => new OnnxMacs(0, macs, 0));
    }

    private static OnnxCost Cost(long? macs, Func<long, OnnxMacs> kind) =>
        macs is { } known ? new OnnxCost(kind(known), null) : new OnnxCost(default, "a shape that it needs is not known");
}
