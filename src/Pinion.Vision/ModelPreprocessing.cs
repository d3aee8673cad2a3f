using Google.Protobuf.Collections;
using Pinion.Onnx;
using Pinion.Zoo;

namespace Pinion.Vision;

/// <summary>Where a model says how its images are made.</summary>
public static class ModelPreprocessing
{
    private const string ZooPrefix = "zoo:";

    /// <summary>The preprocessing of a network of the zoo, or of an ONNX model that carries one in its metadata (<see cref="ImagePreprocessing.MetadataKey"/>).</summary>
    /// <param name="model"><c>zoo:NAME</c>, or the path of an ONNX model.</param>
    /// <exception cref="PreprocessingException">The model does not say how its images are made, or says what is not understood.</exception>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static PreprocessingOptions Of(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.StartsWith(ZooPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return PreprocessingOptions.Parse(ZooCatalog.Get(model[ZooPrefix.Length..]).Preprocessing.ToJson());
        }

        RepeatedField<StringStringEntryProto> metadata = OnnxSkeleton.Read(model).MetadataProps;
        string json = metadata.FirstOrDefault(m => m.Key == ImagePreprocessing.MetadataKey)?.Value
            ?? throw new PreprocessingException(
                $"{model} does not say how its images are preprocessed (its metadata has no {ImagePreprocessing.MetadataKey}); give a file of JSON or of PaddleClas' YAML.");
        try
        {
            return PreprocessingOptions.Parse(json);
        }
        catch (PreprocessingException e)
        {
            throw new PreprocessingException($"{model}, {ImagePreprocessing.MetadataKey}: {e.Message}");
        }
    }
}
