namespace Pinion.Onnx;

/// <summary>Files that an ONNX model keeps its weights in.</summary>
public static class OnnxExternalData
{
    /// <summary>The files that exist, in the order named, each once.</summary>
    /// <param name="path">The model's file. One that is no ONNX model has none; whoever loads it says what is wrong with it.</param>
    /// <returns>Whole paths.</returns>
    /// <exception cref="IOException">The model cannot be read.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        ModelProto model;
        try
        {
            model = OnnxSkeleton.Read(path);
        }
        catch (InvalidDataException)
        {
            return [];
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        return [.. TensorsOf(model.Graph).Concat(model.Functions.SelectMany(f => f.Node).SelectMany(TensorsOf))
            .SelectMany(t => t.ExternalData)
            .Where(e => e.Key == "location" && e.Value.Length > 0)
            .Select(e => Path.Combine(folder, e.Value))
            .Distinct()
            .Where(File.Exists)];
    }

    private static IEnumerable<TensorProto> TensorsOf(GraphProto graph) => graph.Initializer.Concat(graph.Node.SelectMany(TensorsOf));

    private static IEnumerable<TensorProto> TensorsOf(NodeProto node) =>
        node.Attribute.Select(a => a.T).OfType<TensorProto>().Concat(OnnxNode.Bodies(node).SelectMany(TensorsOf));
}
