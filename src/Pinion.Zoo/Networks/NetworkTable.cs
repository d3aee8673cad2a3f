namespace Pinion.Zoo;

/// <summary>All networks by name, whatever their family.</summary>
internal static class NetworkTable
{
    public const string InputName = "x";
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

    /// <summary>Tensors in a network's state dict: the cheapest way to see that a file is not a network's.</summary>
    public static IReadOnlyDictionary<string, int> TensorCounts { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["pcpvt_small"] = 304,
        ["pcpvt_base"] = 520,
        ["pcpvt_large"] = 754,
        ["alt_gvt_small"] = 290,
        ["alt_gvt_base"] = 384,
        ["alt_gvt_large"] = 384,
        ["TNT_small"] = 363,
        ["TNT_base"] = 363,
        ["Res2Net50_26w_4s"] = 427,
        ["Res2Net50_vd_26w_4s"] = 437,
        ["Res2Net50_14w_8s"] = 747,
        ["Res2Net101_vd_26w_4s"] = 862,
        ["Res2Net200_vd_26w_4s"] = 1687,
        ["DPN68"] = 361,
        ["DPN92"] = 481,
        ["DPN98"] = 511,
        ["DPN107"] = 556,
        ["DPN131"] = 676,
    };

    /// <summary>Builds a network's graph, with its parameters declared but without their values.</summary>
    public static GraphBuilder Build(string network, string graphName, int opset, int? batch, bool softmax)
    {
        var g = new GraphBuilder(graphName, opset, batch);
        Tensor x = Builders[network](g, g.Input(InputName, 1, Channels, Side, Side));
        if (softmax)
        {
            using GraphBuilder.Restore head = g.Stage("head");
            x = g.Softmax(x);
        }

        g.Output(x, softmax ? "probabilities" : "logits");
        return g;
    }
}
