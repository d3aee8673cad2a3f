using Pinion.Onnx;

namespace Pinion.Zoo;

/// <summary>A network layer by layer, counted from the graph that an export writes. Shapes and costs are those of one image.</summary>
public sealed record ZooDescription
{
    /// <summary>The model.</summary>
    public required ZooModel Model { get; init; }

    /// <summary>The counts of the whole graph.</summary>
    public required OnnxModelReport Counts { get; init; }

    /// <summary>The layers in the graph's order.</summary>
    public required IReadOnlyList<ZooLayer> Layers { get; init; }

    /// <summary>The layers' sums by stage.</summary>
    public required IReadOnlyList<ZooStage> Stages { get; init; }

    /// <summary>Describes a model without writing it, and without weights.</summary>
    /// <param name="name">A name of <see cref="ZooCatalog"/>.</param>
    /// <param name="opset">13 or 17.</param>
    /// <param name="softmax">Whether the graph ends in a softmax.</param>
    /// <exception cref="UnknownModelException">There is no such model.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The opset is neither 13 nor 17.</exception>
    public static ZooDescription Of(string name, int opset = 13, bool softmax = true)
    {
        new ExportOptions { Opset = opset }.Validate();
        ZooModel model = ZooCatalog.Get(name);
        GraphBuilder graph = NetworkTable.Build(model.Network, model.Name, opset, batch: null, softmax);
        OnnxModelReport counts = OnnxModelCounter.Count(graph.Model.Skeleton());
        ZooLayer[] layers = [.. graph.Layers.Select(layer => Sum(layer, counts))];
        return new ZooDescription
        {
            Model = model,
            Counts = counts,
            Layers = layers,
            Stages = [.. layers.GroupBy(l => l.Stage).Select(Sum)],
        };
    }

    private static ZooLayer Sum(GraphLayer layer, OnnxModelReport counts)
    {
        OnnxNodeReport[] nodes = [.. counts.Nodes.Skip(layer.FirstNode).Take(layer.NodeCount)];
        return new ZooLayer(
            layer.Name,
            layer.Kind,
            layer.Stage,
            layer.OutputShape,
            nodes.Sum(n => n.Parameters),
            nodes.Aggregate(default(OnnxMacs), (sum, n) => sum + n.Macs));
    }

    private static ZooStage Sum(IGrouping<string, ZooLayer> stage) => new(
        stage.Key,
        stage.Count(),
        stage.Last().OutputShape,
        stage.Sum(l => l.Parameters),
        stage.Aggregate(default(OnnxMacs), (sum, l) => sum + l.Macs));
}

/// <summary>A layer of a network.</summary>
/// <param name="Name">Its name: that of its weights, where it has any.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Stage">The stage that it belongs to.</param>
/// <param name="OutputShape">Shape of what it makes from one image.</param>
/// <param name="Parameters">Elements of its weights, batch norm statistics included.</param>
/// <param name="Macs">Its multiply-accumulates for one image.</param>
public sealed record ZooLayer(string Name, LayerKind Kind, string Stage, IReadOnlyList<int> OutputShape, long Parameters, OnnxMacs Macs);

/// <summary>A stage of a network: the layers at one resolution, or the stem, or the head.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Layers">How many layers it has.</param>
/// <param name="OutputShape">Shape of what it makes from one image.</param>
/// <param name="Parameters">Elements of its weights, batch norm statistics included.</param>
/// <param name="Macs">Its multiply-accumulates for one image.</param>
public sealed record ZooStage(string Name, int Layers, IReadOnlyList<int> OutputShape, long Parameters, OnnxMacs Macs);
