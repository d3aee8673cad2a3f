using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion;

/// <summary>
/// The verdict on an FP16 engine: how far its outputs were from those of the FP32 model, on which inputs, and what ran. It is kept in the plan's header; there is none of
/// an engine that was beyond the limits.
/// </summary>
public sealed record EngineVerification
{
    /// <summary>The key of a plan's metadata that has it.</summary>
    public const string MetadataKey = "pinion.verification";

    /// <summary>What ran.</summary>
    public required VerificationLevel Level { get; init; }

    /// <summary>The SDK that ran it.</summary>
    public required Sdk Sdk { get; init; }

    /// <summary>TensorRT's version there.</summary>
    [JsonPropertyName("tensorrt")]
    public required string TensorRt { get; init; }

    /// <summary>The device that ran it.</summary>
    public required string Device { get; init; }

    /// <summary>SM version of the device, such as <c>7.5</c>.</summary>
    public required string ComputeCapability { get; init; }

    /// <summary>SHA-256 of the FP32 model with its external data, in hexadecimal.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>The inputs, in words.</summary>
    public required string Samples { get; init; }

    /// <summary>How many.</summary>
    public required int SampleCount { get; init; }

    /// <summary>|a - b| / |b| of the worst output of the worst sample.</summary>
    public required double RelativeError { get; init; }

    /// <summary>The most that was allowed.</summary>
    public required double RelativeErrorLimit { get; init; }

    /// <summary>Of the worst output of the worst sample.</summary>
    public required double Cosine { get; init; }

    /// <summary>The least that was allowed.</summary>
    public required double CosineLimit { get; init; }

    /// <summary>The share of rows with the same largest element; null where there is nothing to choose from.</summary>
    public double? Top1Agreement { get; init; }

    /// <summary>The least that was allowed; null where it was not judged.</summary>
    public double? Top1Limit { get; init; }

    /// <summary>The relative error of rounding the weights alone to FP16's 11 bits; null where it was not measured.</summary>
    public double? RoundedWeightsRelativeError { get; init; }

    /// <summary>Nodes of the model that compute in FP16, as it was given to TensorRT; null where the build is not known.</summary>
    public int? Fp16Nodes { get; init; }

    /// <summary>Nodes that were kept in FP32, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Fp32Nodes { get; init; } = new Dictionary<string, string>();

    /// <summary>Layers of the engine, as its inspector tells them; null where it does not, or the engine did not run here.</summary>
    public int? Layers { get; init; }

    /// <summary>Of these, the ones whose inputs and outputs are FP16 as far as they are floating point.</summary>
    public int? Fp16Layers { get; init; }

    /// <summary>The FP32 engine's median time over this engine's; null where it was not measured.</summary>
    public double? Speedup { get; init; }

    /// <summary>What TensorRT warned of while it built: overflow, LayerNorm in FP16.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Of TensorRT's bytes in the plan that it is for, as <see cref="PlanDescription.Checksum"/>.</summary>
    public required string Checksum { get; init; }

    /// <summary>The verdict in words, one line without a full stop.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture,
            $"{(Level == VerificationLevel.Device ? "engine" : "model")} verified on {Device} (SDK {Sdk.GetName()}, TensorRT {TensorRt}): relative error {RelativeError:G3} (limit {RelativeErrorLimit:G3}), cosine {Cosine:F6}"
            + $" (limit {CosineLimit:G4}){(Top1Agreement is { } top1 ? $", top-1 {top1:P1}" : "")}, {Samples}");

    /// <summary>The text that a plan keeps.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, VerificationJson.Default.EngineVerification);

    /// <summary>Null where the text is none.</summary>
    internal static EngineVerification? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, VerificationJson.Default.EngineVerification);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EngineVerification))]
internal sealed partial class VerificationJson : JsonSerializerContext;
