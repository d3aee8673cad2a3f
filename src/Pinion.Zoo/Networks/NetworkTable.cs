using Pinion.Zoo.Graph;

namespace Pinion.Zoo.Networks;

/// <summary>All networks by name, whatever their family.</summary>
internal static class NetworkTable
{
    public const int Classes = 1000;
    public const int Channels = 3;
    public const int Side = 224;

    public static IReadOnlyDictionary<string, Func<GraphBuilder, Tensor, Tensor>> Builders { get; } =
        new[]
        {
            Twins.Networks.Select(n => KeyValuePair.Create<string, Func<GraphBuilder, Tensor, Tensor>>(n.Key, n.Value.Build)),
            Res2Net.Networks.Select(n => KeyValuePair.Create<string, Func<GraphBuilder, Tensor, Tensor>>(n.Key, n.Value.Build)),
            Tnt.Networks.Select(n => KeyValuePair.Create<string, Func<GraphBuilder, Tensor, Tensor>>(n.Key, n.Value.Build)),
            Dpn.Networks.Select(n => KeyValuePair.Create<string, Func<GraphBuilder, Tensor, Tensor>>(n.Key, n.Value.Build)),
        }
        .SelectMany(family => family)
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>Builds a network's graph, with its parameters declared but without their values.</summary>
    public static GraphBuilder Build(string network, string graphName, int opset, int? batch, bool softmax)
    {
        var g = new GraphBuilder(graphName, opset, batch);
        var x = Builders[network](g, g.Input("x", 1, Channels, Side, Side));
        if (softmax)
        {
            using var head = g.Stage("head");
            x = g.Softmax(x);
        }
        g.Output(x, softmax ? "probabilities" : "logits");
        return g;
    }
}
