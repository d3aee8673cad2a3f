using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Zoo;

/// <summary>How a photo becomes the network's input: RGB in 0..1, resized, cropped, (value - mean) / std.</summary>
/// <param name="ResizeShort">Pixels that the short side is resized to.</param>
/// <param name="Crop">Side of the centre crop.</param>
/// <param name="Interpolation">bilinear or bicubic.</param>
/// <param name="Backend">Whose interpolation: cv2 for OpenCV, pil for Pillow.</param>
/// <param name="Mean">Mean of each channel.</param>
/// <param name="Std">Standard deviation of each channel.</param>
public sealed record ImagePreprocessing(int ResizeShort, int Crop, string Interpolation, string Backend, IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary>As JSON of one line, which Pinion.Vision reads.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PreprocessingJson.Default.ImagePreprocessing);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImagePreprocessing))]
internal sealed partial class PreprocessingJson : JsonSerializerContext;
