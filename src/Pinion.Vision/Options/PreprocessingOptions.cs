using System.Text;
using Pinion.Zoo;

namespace Pinion.Vision;

/// <summary>
/// What is done to an image before a network sees it: resized, cropped from its centre, then <c>(byte * Scale - Mean) / Std</c> in FP32, red, green and blue
/// as three planes. The defaults are those of PaddleClas.
/// </summary>
public sealed record PreprocessingOptions
{
    /// <summary>The largest side of a crop or of a size.</summary>
    public const int MaxSide = 16384;

    /// <summary>Pixels that the short side is resized to; the long one keeps its proportion, rounded half to even. Null where <see cref="Size"/> is given.</summary>
    public int? ResizeShort { get; init; }

    /// <summary>What both sides are resized to, without regard to proportion. Null where <see cref="ResizeShort"/> is given.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>What is cut from the centre. Default null: the whole of <see cref="Size"/>.</summary>
    public ImageSize? Crop { get; init; }

    /// <summary>How it is resized. Default: OpenCV's bilinear interpolation.</summary>
    public Interpolation Interpolation { get; init; }

    /// <summary>What a byte is multiplied with, rounded to FP32. Default 1/255.</summary>
    public double Scale { get; init; } = 1.0 / 255.0;

    /// <summary>Subtracted from red, green and blue. Default 0.485, 0.456, 0.406.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.485, 0.456, 0.406];

    /// <summary>What red, green and blue are divided by. Default 0.229, 0.224, 0.225.</summary>
    public IReadOnlyList<double> Std { get; init; } = [0.229, 0.224, 0.225];

    /// <summary>Size of what the network sees.</summary>
    public ImageSize Output => Crop ?? Size ?? default;

    /// <summary>Reads a file of Pinion's JSON, or one of PaddleClas' YAML configurations; the content says which.</summary>
    /// <exception cref="PreprocessingException">It is neither, or asks for what is not done here; the message names file and line.</exception>
    public static PreprocessingOptions Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OptionsFile.Read(path);
    }

    /// <summary>Reads Pinion's JSON, as <see cref="ToJson"/> writes it and as models carry it in their metadata.</summary>
    /// <exception cref="PreprocessingException">It is no such JSON.</exception>
    public static PreprocessingOptions Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return OptionsJson.Read(json);
    }

    /// <summary>What a model says of its images: a network of the zoo, or an ONNX model whose metadata has <see cref="ZooMetadata.Preprocessing"/>.</summary>
    /// <param name="model"><c>zoo:NAME</c>, or the path of an ONNX model.</param>
    /// <exception cref="PreprocessingException">The model does not say how its images are made, or says what is not understood.</exception>
    /// <exception cref="UnknownModelException">The zoo has no such network.</exception>
    public static PreprocessingOptions FromModel(string model) => FromMetadata(ModelMetadata.Of(model), model);

    /// <summary>What metadata says of a model's images, such as <c>Engine.Description.Metadata</c> of a plan.</summary>
    /// <param name="metadata">Of an ONNX model or a plan.</param>
    /// <param name="model">What errors call the model.</param>
    /// <exception cref="PreprocessingException">It says nothing of images, or what is not understood.</exception>
    public static PreprocessingOptions FromMetadata(IReadOnlyDictionary<string, string> metadata, string model)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (!metadata.TryGetValue(ZooMetadata.Preprocessing, out string? json))
        {
            throw new PreprocessingException(
                $"{model} does not say how its images are preprocessed (its metadata has no {ZooMetadata.Preprocessing}); give a file of JSON or of PaddleClas' YAML.");
        }

        try
        {
            return Parse(json);
        }
        catch (PreprocessingException e)
        {
            throw new PreprocessingException($"{model}, {ZooMetadata.Preprocessing}: {e.Message}");
        }
    }

    /// <summary>The options as JSON of one line.</summary>
    public string ToJson() => OptionsJson.Write(this);

    /// <summary>In words, for people.</summary>
    public override string ToString()
    {
        (string name, string backend) = InterpolationNames.Of(Interpolation);
        var text = new StringBuilder(ResizeShort is { } side ? $"short side to {side}" : $"resized to {Size}");
        text.Append(Invariant($" ({name} of {backend})"));
        if (Crop is { } crop)
        {
            text.Append(Invariant($", centre {crop}"));
        }

        text.Append(Invariant($", scale {(Scale == 1.0 / 255.0 ? "1/255" : Invariant($"{Scale}"))}, mean {List(Mean)}, deviation {List(Std)}"));
        return text.ToString();
    }

    /// <exception cref="ArgumentException">The options contradict each other or are out of range.</exception>
    internal void Validate()
    {
        if (Problem() is { } problem)
        {
            throw new ArgumentException(problem);
        }
    }

    /// <summary>What is wrong with the options, or null.</summary>
    internal string? Problem()
    {
        if (ResizeShort is null == Size is null)
        {
            return ResizeShort is null ? "neither resizeShort nor size is given; one must be." : "resizeShort and size are both given; one must be.";
        }

        if (ResizeShort is { } side && side is < 1 or > MaxSide)
        {
            return $"resizeShort is {ResizeShort}; it must be 1 to {MaxSide}.";
        }

        if (Wrong(Size, "size") is { } size)
        {
            return size;
        }

        if (Wrong(Crop, "crop") is { } crop)
        {
            return crop;
        }

        if (ResizeShort is not null && Crop is null)
        {
            return "resizeShort needs a crop, or images of different proportions become tensors of different shapes.";
        }

        ImageSize least = Size ?? new ImageSize(ResizeShort!.Value, ResizeShort.Value);
        if (Crop is { } cut && (cut.Width > least.Width || cut.Height > least.Height))
        {
            return $"the crop of {cut} is larger than the resized image, {(Size is null ? $"whose short side is {ResizeShort}" : $"{least}")}.";
        }

        if (!Enum.IsDefined(Interpolation))
        {
            return $"the interpolation {Interpolation} is none.";
        }

        return !double.IsFinite(Scale) || (float)Scale == 0 ? Invariant($"scale is {Scale}; it must be a number other than 0.")
            : Wrong(Mean, "mean") ?? Wrong(Std, "std") ?? (Std.Any(s => (float)s == 0) ? "std has a 0, by which nothing can be divided." : null);
    }

    private static string? Wrong(ImageSize? size, string name) => size is { } s && (s.Width is < 1 or > MaxSide || s.Height is < 1 or > MaxSide)
        ? $"{name} is {s}; each side must be 1 to {MaxSide}."
        : null;

    private static string? Wrong(IReadOnlyList<double>? values, string name) => values is null || values.Count != 3
        ? $"{name} has {values?.Count ?? 0} numbers; red, green and blue take 3."
        : values.Any(v => !float.IsFinite((float)v)) ? $"{name} has a number that FP32 cannot hold." : null;

    private static string List(IEnumerable<double> values) => string.Join(' ', values.Select(v => Invariant($"{v}")));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
