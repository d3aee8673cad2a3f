using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pinion.Vision;

/// <summary>Options as JSON: the member names of <see cref="PreprocessingOptions"/>, the interpolation in PaddleClas' two words.</summary>
internal sealed record OptionsJson(
    int? ResizeShort, ImageSize? Size, ImageSize? Crop, string? Interpolation, string? Backend, double? Scale, IReadOnlyList<double>? Mean, IReadOnlyList<double>? Std)
{
    public static PreprocessingOptions Read(string json)
    {
        OptionsJson read;
        try
        {
            read = JsonSerializer.Deserialize(json, OptionsJsonForm.Default.OptionsJson) ?? throw new PreprocessingException("the preprocessing is null.");
        }
        catch (JsonException e)
        {
            throw new PreprocessingException($"the preprocessing is no JSON that is understood: {e.Message}");
        }

        var defaults = new PreprocessingOptions();
        string name = read.Interpolation ?? "bilinear";
        string backend = read.Backend ?? InterpolationNames.OpenCv;
        var options = new PreprocessingOptions
        {
            ResizeShort = read.ResizeShort,
            Size = read.Size,
            Crop = read.Crop,
            Interpolation = InterpolationNames.TryParse(name, backend, out Interpolation? interpolation)
                ? interpolation.Value
                : throw new PreprocessingException($"the preprocessing asks for {name} of {backend}; there is {InterpolationNames.Known}."),
            Scale = read.Scale ?? defaults.Scale,
            Mean = read.Mean ?? defaults.Mean,
            Std = read.Std ?? defaults.Std,
        };
        return options.Problem() is { } problem ? throw new PreprocessingException($"the preprocessing cannot be used: {problem}") : options;
    }

    public static string Write(PreprocessingOptions options)
    {
        (string name, string backend) = InterpolationNames.Of(options.Interpolation);
        double? scale = options.Scale == new PreprocessingOptions().Scale ? null : options.Scale;
        return JsonSerializer.Serialize(
            new OptionsJson(options.ResizeShort, options.Size, options.Crop, name, backend, scale, options.Mean, options.Std), OptionsJsonForm.Default.OptionsJson);
    }
}

/// <summary>A size is one number for a square, or width and height.</summary>
internal sealed class ImageSizeJson : JsonConverter<ImageSize>
{
    public override ImageSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int side))
        {
            return new ImageSize(side, side);
        }

        Span<int> sides = stackalloc int[2];
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            int count = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.Number && count < 2 && reader.TryGetInt32(out sides[count]))
            {
                count++;
            }

            if (count == 2 && reader.TokenType == JsonTokenType.EndArray)
            {
                return new ImageSize(sides[0], sides[1]);
            }
        }

        throw new JsonException("A size is a whole number, or [width, height].");
    }

    public override void Write(Utf8JsonWriter writer, ImageSize value, JsonSerializerOptions options)
    {
        if (value.Width == value.Height)
        {
            writer.WriteNumberValue(value.Width);
            return;
        }

        writer.WriteStartArray();
        writer.WriteNumberValue(value.Width);
        writer.WriteNumberValue(value.Height);
        writer.WriteEndArray();
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(ImageSizeJson)])]
[JsonSerializable(typeof(OptionsJson))]
internal sealed partial class OptionsJsonForm : JsonSerializerContext;
