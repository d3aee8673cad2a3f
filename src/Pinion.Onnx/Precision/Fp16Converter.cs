namespace Pinion.Onnx;

/// <summary>
/// Converts models from FP32 to FP16 in their types, as strongly typed networks need it and TensorRT 8.0 to 11 take it. Casts are put in
/// where a type must change; what ONNX has no FP16 form for, and what FP16 cannot hold, stays FP32. Weights are rounded to the nearest
/// (ties to even) and pass through small buffers: memory does not grow with the model.
/// </summary>
public static class Fp16Converter
{
    /// <summary>Before this version of ONNX's format every weight is an input, too.</summary>
    private const long FirstIrOfPlainWeights = 4;

    /// <summary>Converts a model's file. The new file appears whole or not at all, over an older one of that name.</summary>
    /// <param name="model">An ONNX file, opset 7 to 22, with or without external data; it is not changed.</param>
    /// <param name="output">The file to write. Models beyond 2 GiB get their weights in a file beside it, <c>OUTPUT.data</c>.</param>
    /// <param name="options">What to convert; null for all.</param>
    /// <param name="progress">Hears how far it is, from 0 to 1.</param>
    /// <param name="cancellation">Stops the conversion; nothing is left behind.</param>
    /// <returns>The decision for each node, and counts.</returns>
    /// <exception cref="InvalidDataException">The file is no ONNX model, its nodes are not sorted, its opset is not known, or a weight's data is missing.</exception>
    /// <exception cref="ArgumentException">A pattern matches no node, a shape fits no input, or the output is the model.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static Fp16Report Convert(
        string model, string output, Fp16Options? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (FinalTarget.AreSame(output, model))
        {
            throw new ArgumentException($"'{output}' is the model itself; name another file", nameof(output));
        }

        foreach (string file in OnnxExternalData.Find(model))
        {
            if (FinalTarget.AreSame(output, file) || FinalTarget.AreSame(output + OnnxModel.DataSuffix, file))
            {
                throw new ArgumentException($"'{output}' would overwrite '{file}', which holds the model's weights; name another file", nameof(output));
            }
        }

        try
        {
            return Run(model, output, options ?? new Fp16Options(), progress, cancellation);
        }
        catch (InvalidDataException e) when (!e.Message.Contains(model, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"'{model}': {e.Message}", e);
        }
    }

    private static Fp16Report Run(string path, string output, Fp16Options options, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var typed = TypedModel.Read(path);
        typed.Fix(options.InputShapes);
        (ModelProto model, ModelGraph graph) = (typed.Proto, typed.Graph);

        // Weights are read twice, for their range and for their elements.
        long total = Math.Max(1, 2 * AllConstants(graph).Sum(OnnxWeightFiles.Bytes));
        long done = 0;
        void Advance(long bytes)
        {
            done += bytes;
            progress?.Report(Math.Min(1, (double)done / total));
        }

        var constants = new ConstantFloats(typed.Files, Advance, cancellation);
        Fp16Plan.Decide(graph, constants, options);
        Fp16Decision[] decisions = [.. graph.AllNodes.Where(n => n.Outputs.All(o => o?.Constant is null))
            .Select(n => new Fp16Decision(Fp16Plan.Label(n), n.Operator, n.Precision, n.Reason))];
        var rewriter = Fp16Rewriter.Rewrite(graph, typed.Names, constants);
        if (model.IrVersion < FirstIrOfPlainWeights)
        {
            ListWeights(model.Graph, rewriter.Streamed);
        }

        var writer = new OnnxModel(model);
        constants.AddTo(writer, rewriter.Streamed);
        (long bytes, string? dataFile) = writer.SaveAnySize(output, cancellation);
        progress?.Report(1);
        return new Fp16Report(decisions, rewriter.Casts, rewriter.RemovedCasts, rewriter.Weights, bytes, dataFile);
    }

    /// <summary>Names weights among the inputs where they are not yet.</summary>
    private static void ListWeights(GraphProto graph, IEnumerable<StreamedWeight> streamed)
    {
        var listed = graph.Input.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        graph.Input.AddRange(graph.Initializer.Concat(streamed.Select(w => w.Header)).Where(t => listed.Add(t.Name)).Select(t => new ValueInfoProto
        {
            Name = t.Name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor
                {
                    ElemType = t.DataType,
                    Shape = new TensorShapeProto { Dim = { t.Dims.Select(d => new TensorShapeProto.Types.Dimension { DimValue = d }) } },
                },
            },
        }));
    }

    private static IEnumerable<TensorProto> AllConstants(ModelGraph graph) => graph.Values.Select(v => v.Constant).OfType<TensorProto>()
        .Where(t => t.DataType == (int)OnnxType.Float32)
        .Concat(graph.Nodes.SelectMany(n => n.Bodies).SelectMany(AllConstants));
}
