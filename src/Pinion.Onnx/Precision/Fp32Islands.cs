namespace Pinion.Onnx;

/// <summary>Light nodes between FP32 nodes: where the casts around them cost more than FP16 gains, they stay FP32 as well.</summary>
internal static class Fp32Islands
{
    private const int MaxNodes = 16;
    private const string Reason = "the casts around it would cost more than the node";

    public static void Merge(ModelGraph graph)
    {
        var done = new HashSet<GraphNode>();
        foreach (GraphNode node in graph.Nodes)
        {
            if (IsCandidate(node) && done.Add(node) && Region(node, done) is { Count: <= MaxNodes } region && LiesBetween(region) && Merges(region))
            {
                foreach (GraphNode member in region)
                {
                    (member.Precision, member.Reason) = (NodePrecision.Fp32, Reason);
                }
            }
        }
    }

    private static bool IsCandidate(GraphNode node) => node.Precision == NodePrecision.Fp16 && OperatorKinds.IsLight(node.Operator);

    /// <summary>The light FP16 nodes that are connected with a node.</summary>
    private static List<GraphNode> Region(GraphNode start, HashSet<GraphNode> done)
    {
        var region = new List<GraphNode> { start };
        for (int i = 0; i < region.Count; i++)
        {
            IEnumerable<GraphNode> before = region[i].Inputs.Where(v => v is { IsFloat32: true, Producer: not null }).Select(v => v!.Producer!);
            IEnumerable<GraphNode> after = Floats(region[i].Outputs).SelectMany(v => v.Uses).Select(u => u.Node);
            region.AddRange(before.Concat(after).Where(n => n.Graph == start.Graph && IsCandidate(n) && done.Add(n)));
        }

        return region;
    }

    /// <summary>Whether FP32 nodes both give to the region and take from it; constants may give too, inputs and outputs of the model do not count.</summary>
    private static bool LiesBetween(List<GraphNode> region) =>
        (region.All(n => n.Inputs.All(v => v is null or { Origin: ValueOrigin.Constant })) || region.Any(n => n.Inputs.Any(v => v is { IsFloat32: true, Native: OnnxType.Float32, Producer.Precision: NodePrecision.Fp32 })))
        && region.Any(n => Floats(n.Outputs).Any(v => v.Uses.Any(u => u.Node.Precision == NodePrecision.Fp32 && u.Node.Wants[u.Input] == OnnxType.Float32)));

    /// <summary>Makes the region FP32 if that saves casts.</summary>
    private static bool Merges(List<GraphNode> region)
    {
        GraphValue[] touched = [.. region.SelectMany(n => Floats(n.Inputs).Concat(Floats(n.Outputs))).Where(v => v.Constant is null).Distinct()];
        int before = touched.Count(NeedsCast);
        (OnnxType[] Wants, OnnxType[] Natives)[] former = [.. region.Select(n => (n.Wants.ToArray(), Floats(n.Outputs).Select(o => o.Native).ToArray()))];
        region.ForEach(ToFp32);
        if (touched.Count(NeedsCast) < before)
        {
            return true;
        }

        for (int i = 0; i < region.Count; i++)
        {
            (OnnxType[] wants, OnnxType[] natives) = former[i];
            wants.CopyTo(region[i].Wants, 0);
            foreach ((GraphValue output, OnnxType native) in Floats(region[i].Outputs).Zip(natives))
            {
                output.Native = native;
            }
        }

        return false;
    }

    private static bool NeedsCast(GraphValue value) => value.Uses.Any(u => u.Node.Wants[u.Input] is OnnxType.Float32 or OnnxType.Float16 && u.Node.Wants[u.Input] != value.Native);

    private static void ToFp32(GraphNode node)
    {
        for (int i = 0; i < node.Wants.Length; i++)
        {
            node.Wants[i] = node.Inputs[i] is { IsFloat32: true } ? OnnxType.Float32 : node.Wants[i];
        }

        foreach (GraphValue output in Floats(node.Outputs))
        {
            output.Native = OnnxType.Float32;
        }
    }

    private static IEnumerable<GraphValue> Floats(IReadOnlyList<GraphValue?> values) => values.OfType<GraphValue>().Where(v => v.IsFloat32);
}
