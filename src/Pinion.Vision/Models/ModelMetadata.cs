using Pinion.Onnx;
using Pinion.Zoo;

namespace Pinion.Vision;

/// <summary>What a model says of itself.</summary>
public static class ModelMetadata
{
    private const string ZooPrefix = "zoo:";

    /// <summary>The metadata of a network of the zoo, or of an ONNX file.</summary>
    /// <param name="model"><c>zoo:NAME</c>, or the path of an ONNX model.</param>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static IReadOnlyDictionary<string, string> Of(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.StartsWith(ZooPrefix, StringComparison.OrdinalIgnoreCase)
            ? ZooMetadata.Of(model[ZooPrefix.Length..])
            : OnnxSkeleton.Read(model).MetadataProps.GroupBy(m => m.Key).ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal);
    }
}
