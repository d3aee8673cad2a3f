namespace Pinion.Onnx;

/// <summary>A node of the model that was converted.</summary>
/// <param name="Node">Its name, behind those of the nodes whose bodies it is in; <c>Conv of 'y'</c> where it has none.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Precision">What it computes in now.</param>
/// <param name="Reason">Why it is not FP16; empty where it is.</param>
public sealed record Fp16Decision(string Node, string Operator, NodePrecision Precision, string Reason);

/// <summary>What a conversion to FP16 did.</summary>
/// <param name="Decisions">All nodes but constants, in the model's order; nodes of bodies follow the node that holds them.</param>
/// <param name="Casts">Casts that were put in.</param>
/// <param name="RemovedCasts">Casts of the model that became needless.</param>
/// <param name="Weights">Constants that became FP16.</param>
/// <param name="Bytes">Size of what was written, data beside the model included.</param>
/// <param name="DataFile">The file beside the model that holds its weights; null where the model holds them.</param>
public sealed record Fp16Report(IReadOnlyList<Fp16Decision> Decisions, int Casts, int RemovedCasts, int Weights, long Bytes, string? DataFile)
{
    /// <summary>How many nodes have a precision.</summary>
    public int Count(NodePrecision precision) => Decisions.Count(d => d.Precision == precision);
}
