namespace Pinion.Onnx;

/// <summary>
/// Counts parameters, multiply-accumulates and layers of any ONNX model from its graph. Weights are passed over in the
/// file, so that memory stays small and files of any size are quick; external data files are not opened at all.
/// </summary>
public static class OnnxModelCounter
{
    /// <summary>Counts a file.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="options">The input shapes to count at; null for the model's own, with a batch of 1.</param>
    /// <exception cref="InvalidDataException">The file is not an ONNX model; the message names it.</exception>
    /// <exception cref="ArgumentException">A given input shape does not fit the model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OnnxModelReport Count(string path, OnnxShapeOptions? options = null) => Count(OnnxSkeleton.Read(path), options);

    /// <summary>Counts a model in a stream that can seek, from its current position to its end.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">The input shapes to count at; null for the model's own, with a batch of 1.</param>
    /// <exception cref="InvalidDataException">The stream does not hold an ONNX model.</exception>
    /// <exception cref="ArgumentException">A given input shape does not fit the model.</exception>
    public static OnnxModelReport Count(Stream stream, OnnxShapeOptions? options = null) => Count(OnnxSkeleton.Read(stream), options);

    /// <summary>Counts a model; its initializers need no data.</summary>
    /// <param name="model">The model; it is not changed.</param>
    /// <param name="options">The input shapes to count at; null for the model's own, with a batch of 1.</param>
    /// <exception cref="ArgumentException">A given input shape does not fit the model, or the model has no graph.</exception>
    public static OnnxModelReport Count(ModelProto model, OnnxShapeOptions? options = null)
    {
        var inferred = new InferredGraph(model, options ?? new OnnxShapeOptions());
        GraphProto graph = inferred.Proto;
        var weights = new OnnxWeights();
        foreach (TensorProto initializer in graph.Initializer)
        {
            weights.Declare(initializer.Name, initializer);
        }

        var uncounted = new List<OnnxUncounted>();
        OnnxNodeReport[] nodes = [.. inferred.Nodes.Select(n => Count(n.Node, n.Output, weights, uncounted))];
        return new OnnxModelReport
        {
            IrVersion = model.IrVersion,
            Opset = inferred.Opset,
            Producer = $"{model.ProducerName} {model.ProducerVersion}".Trim(),
            Metadata = model.MetadataProps.GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal),
            Inputs = [.. inferred.Inputs.Select(OnnxTensorInfo.Of)],
            Outputs = [.. graph.Output.Select(OnnxTensorInfo.Of)],
            Parameters = weights.Parameters,
            Statistics = weights.Statistics,
            Tensors = weights.Tensors,
            Macs = nodes.Aggregate(default(OnnxMacs), (sum, n) => sum + n.Macs),
            Layers = OnnxLayers.Count(graph, inferred.Values),
            Operators = graph.Node.GroupBy(n => n.OpType).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
            Nodes = nodes,
            Uncounted = uncounted,
        };
    }

    private static OnnxNodeReport Count(OnnxNode node, OnnxValue output, OnnxWeights weights, List<OnnxUncounted> uncounted)
    {
        NodeProto proto = node.Proto;
        if (node.Operator == "Constant" && node.Tensor("value") is { } tensor && proto.Output.Count > 0)
        {
            weights.Declare(proto.Output[0], tensor);
        }

        string name = proto.Name.Length > 0 ? proto.Name : proto.Output.FirstOrDefault("");
        var macs = default(OnnxMacs);
        if (node.HasSubgraph)
        {
            uncounted.Add(new OnnxUncounted(name, node.Operator, "how often its subgraph runs is not known"));
        }
        // What is computed from constants alone is computed once, when the model is built.
        else if (!node.IsConstant && OnnxCosts.Find(node, output) is { } cost)
        {
            macs = cost.Macs;
            if (cost.Unknown is { } reason)
            {
                uncounted.Add(new OnnxUncounted(name, node.Operator, reason));
            }
        }

        return new OnnxNodeReport(name, node.Operator, output.Shape?.Select(d => d ?? -1).ToArray(), weights.Use(proto), macs);
    }
}
