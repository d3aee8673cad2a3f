namespace Pinion.Zoo;

/// <summary>What exported models say of themselves: keys of ONNX metadata, which a build keeps in the plan's header.</summary>
public static class ZooMetadata
{
    /// <summary>How images are made the network's input, as JSON: <see cref="ImagePreprocessing.ToJson"/>.</summary>
    public const string Preprocessing = "pinion.preprocessing";

    /// <summary>Names of the classes in order, one a line.</summary>
    public const string Labels = "pinion.labels";

    internal const string Model = "pinion.zoo.model";
    internal const string Weights = "pinion.zoo.weights";

    /// <summary>The metadata that a network of the zoo carries, but where its weights are from.</summary>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static IReadOnlyDictionary<string, string> Of(string name)
    {
        ZooModel model = ZooCatalog.Get(name);
        return new Dictionary<string, string>
        {
            [Model] = model.Name,
            [Preprocessing] = model.Preprocessing.ToJson(),
            [Labels] = string.Join('\n', ImageNetLabels.Names),
        };
    }
}
