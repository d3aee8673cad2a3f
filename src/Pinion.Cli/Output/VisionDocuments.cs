using System.Text.Json;
using Pinion.Vision;

namespace Pinion.Cli;

/// <summary>What a model says of its images, as documents and screens show it.</summary>
internal sealed record ImageFacts(JsonElement? Preprocessing, int? Labels)
{
    public static ImageFacts OfModel(string path) => Of(ModelMetadata.Of(path));

    /// <summary>Nothing where the model says nothing, or what is not understood here.</summary>
    public static ImageFacts Of(IReadOnlyDictionary<string, string> metadata)
    {
        JsonElement? preprocessing = null;
        try
        {
            preprocessing = Json(PreprocessingOptions.FromMetadata(metadata, ""));
        }
        catch (PreprocessingException)
        {
            // The commands that need it say so.
        }

        return new ImageFacts(preprocessing, ClassLabels.FromMetadata(metadata)?.Count);
    }

    public static JsonElement Json(PreprocessingOptions options)
    {
        using var document = JsonDocument.Parse(options.ToJson());
        return document.RootElement.Clone();
    }

    public static string InWords(JsonElement preprocessing) => PreprocessingOptions.Parse(preprocessing.GetRawText()).ToString();
}

internal sealed record PreprocessedImage(string File, int Width, int Height);

internal sealed record PreprocessDocument(
    string Model, JsonElement Preprocessing, string File, string Input, string Dtype, TensorShape Shape, IReadOnlyList<PreprocessedImage> Images);
