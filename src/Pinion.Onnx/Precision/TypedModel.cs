namespace Pinion.Onnx;

/// <summary>A model that was read to be converted: its functions put where they are called, its graph with the types of all values. Owner of the files it opened.</summary>
internal sealed class TypedModel : IDisposable
{
    private TypedModel(ModelProto proto, UniqueNames names, ModelGraph graph, OnnxWeightFiles files) =>
        (Proto, Names, Graph, Files) = (proto, names, graph, files);

    public ModelProto Proto { get; }

    public UniqueNames Names { get; }

    public ModelGraph Graph { get; }

    public OnnxWeightFiles Files { get; }

    /// <exception cref="InvalidDataException">The file is no ONNX model, its nodes are not sorted, or its opset is not known.</exception>
    public static TypedModel Read(string path)
    {
        ModelProto model = OnnxSkeleton.ReadComplete(path);
        var names = new UniqueNames(model);
        FunctionInliner.Inline(model, names);
        long opset = model.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 0;
        return opset is >= 7 and <= OperatorTypes.LastOpset
            ? new TypedModel(model, names, new ModelGraph(model.Graph, opset), new OnnxWeightFiles(path))
            : throw new InvalidDataException($"the model is of opset {opset}; opsets 7 to {OperatorTypes.LastOpset} can be converted");
    }

    /// <summary>Gives dynamic dimensions of the inputs sizes.</summary>
    /// <exception cref="ArgumentException">A shape is of another rank, or there is no such input.</exception>
    public void Fix(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
    {
        foreach ((string name, IReadOnlyList<long> shape) in shapes)
        {
            TensorShapeProto? known = Proto.Graph.Input.FirstOrDefault(i => i.Name == name)?.Type?.TensorType?.Shape;
            if (known is null || known.Dim.Count != shape.Count)
            {
                throw new ArgumentException($"shape {string.Join('x', shape)} is for no input of the model: '{name}' {(known is null ? "is none" : $"has {known.Dim.Count} dimensions")}");
            }

            for (int i = 0; i < shape.Count; i++)
            {
                if (!known.Dim[i].HasDimValue || known.Dim[i].DimValue < 0)
                {
                    known.Dim[i].DimValue = shape[i];
                }
            }
        }
    }

    public void Dispose() => Files.Dispose();
}
