using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pinion.Vision;

/// <summary>
/// The list of transforms in PaddleClas' YAML: <c>PreProcess: transform_ops</c> of inference, <c>Infer: transforms</c> of training. What is not understood
/// is an error with its line, as a network that is fed otherwise answers wrongly without a word.
/// </summary>
internal sealed class PaddleConfig
{
    private static readonly string[] Places = ["PreProcess/transform_ops", "Infer/transforms", "preprocess_config/transform_ops", "preprocess_config", "transform_ops", "transforms"];

    private PreprocessingOptions _options = new();
    private bool _planes;
    private bool _normalized;

    public static PreprocessingOptions Read(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new PreprocessingException($"line {e.Start.Line} is no YAML that is understood: {e.Message}");
        }

        YamlNode root = stream.Documents.Count == 0 ? throw new PreprocessingException("the file is empty.") : stream.Documents[0].RootNode;
        YamlSequenceNode transforms = root as YamlSequenceNode ?? Places.Select(place => Find(root, place)).OfType<YamlSequenceNode>().FirstOrDefault()
            ?? throw new PreprocessingException($"there is no list of transforms; PaddleClas has it at {string.Join(" or ", Places.Take(2).Select(p => p.Replace("/", ": ", StringComparison.Ordinal)))}.");
        var config = new PaddleConfig();
        foreach (YamlNode transform in transforms)
        {
            config.Add(transform);
        }

        return config.Finish();
    }

    private static YamlNode? Find(YamlNode root, string place) =>
        place.Split('/').Aggregate<string, YamlNode?>(root, (node, name) => node is YamlMappingNode map && map.Children.TryGetValue(name, out YamlNode? child) ? child : null);

    private void Add(YamlNode node)
    {
        (string name, YamlNode value, YamlNode at) = node switch
        {
            YamlScalarNode { Value: { } only } => (only, new YamlMappingNode(), node),
            YamlMappingNode { Children.Count: 1 } map when map.Children.First() is { Key: YamlScalarNode { Value: { } key } } first => (key, first.Value, first.Key),
            _ => throw Wrong(node, "a transform is a name with its settings"),
        };
        Dictionary<string, YamlNode> settings = value switch
        {
            YamlMappingNode map => map.Children.ToDictionary(c => c.Key is YamlScalarNode { Value: { } key } ? key : throw Wrong(c.Key, "a setting has a name"), c => c.Value),
            YamlScalarNode { Value: null or "" or "null" or "~" } => [],
            _ => throw Wrong(value, $"{name} takes settings, each with a name"),
        };
        switch (name)
        {
            case "DecodeImage":
                Expect(settings, "to_rgb", "true", "the channels are red, green and blue here");
                Expect(settings, "to_np", "true", "nothing else is decoded to here", "false");
                Expect(settings, "channel_first", "false", "planes are made last here");
                Expect(settings, "backend", InterpolationNames.OpenCv, "images are decoded as OpenCV does here");
                break;
            case "ResizeImage":
                Resize(settings, at);
                break;
            case "CropImage":
                _options = _options with { Crop = settings.Remove("size", out YamlNode? crop) ? Size(crop) : throw Wrong(at, "CropImage has no size") };
                break;
            case "NormalizeImage":
                Normalize(settings, at);
                break;
            case "ToCHWImage":
                _planes = true;
                break;
            default:
                throw Wrong(at, $"the transform {name} is not done here; there is DecodeImage, ResizeImage, CropImage, NormalizeImage and ToCHWImage");
        }

        if (settings.Count > 0)
        {
            throw Wrong(settings.First().Value, $"{name} has no setting {settings.First().Key} here");
        }
    }

    private void Resize(Dictionary<string, YamlNode> settings, YamlNode at)
    {
        if (_options.Crop is not null || _normalized)
        {
            throw Wrong(at, "an image is resized before it is cropped and normalized");
        }

        string interpolation = settings.Remove("interpolation", out YamlNode? i) && Text(i) is { Length: > 0 } given && given != "null" ? given : "bilinear";
        string backend = settings.Remove("backend", out YamlNode? b) ? Text(b) : InterpolationNames.OpenCv;
        settings.Remove("return_numpy");
        _options = _options with
        {
            ResizeShort = settings.Remove("resize_short", out YamlNode? side) ? Whole(side) : null,
            Size = settings.Remove("size", out YamlNode? size) ? Size(size) : null,
            Interpolation = InterpolationNames.TryParse(interpolation, backend, out Interpolation? value)
                ? value.Value
                : throw Wrong(i ?? b ?? at, $"{interpolation} of {backend} is not done here; there is {InterpolationNames.Known}"),
        };
    }

    private void Normalize(Dictionary<string, YamlNode> settings, YamlNode at)
    {
        string order = settings.Remove("order", out YamlNode? o) ? Text(o) : "chw";
        if (order is not ("" or "hwc" or "chw") || (order == "chw") != _planes)
        {
            throw Wrong(o ?? at, $"NormalizeImage has the order '{order}' {(_planes ? "after" : "before")} ToCHWImage; '' before it and chw after it are understood");
        }

        Expect(settings, "channel_num", "3", "an image has 3 channels here");
        Expect(settings, "output_fp16", "false", "the type is that of the network's input here");
        _options = _options with
        {
            Scale = settings.Remove("scale", out YamlNode? scale) ? Fraction(scale) : _options.Scale,
            Mean = settings.Remove("mean", out YamlNode? mean) ? Numbers(mean) : _options.Mean,
            Std = settings.Remove("std", out YamlNode? std) ? Numbers(std) : _options.Std,
        };
        _normalized = true;
    }

    private PreprocessingOptions Finish() => !_normalized ? throw new PreprocessingException("the transforms have no NormalizeImage; tensors of plain bytes are not made from YAML.")
        : !_planes ? throw new PreprocessingException("the transforms have no ToCHWImage; the networks here take planes.")
        : _options.Problem() is { } problem ? throw new PreprocessingException($"the transforms cannot be used: {problem}")
        : _options;

    private static void Expect(Dictionary<string, YamlNode> settings, string name, string value, string why, string? orValue = null)
    {
        if (settings.Remove(name, out YamlNode? node) && Text(node) is var text
            && !string.Equals(text, value, StringComparison.OrdinalIgnoreCase) && !string.Equals(text, orValue, StringComparison.OrdinalIgnoreCase))
        {
            throw Wrong(node, $"{name} is {text}; {why} ({value})");
        }
    }

    private static string Text(YamlNode node) => node is YamlScalarNode { Value: var text } ? text ?? "" : throw Wrong(node, "there must be one value");

    private static int Whole(YamlNode node) => int.TryParse(Text(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw Wrong(node, $"'{Text(node)}' is no whole number");

    private static double Number(YamlNode node) => Number(node, Text(node));

    private static double Number(YamlNode node, string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        ? number
        : throw Wrong(node, $"'{text}' is no number");

    /// <summary>PaddleClas evaluates text, such as 1.0/255.0; a number over a number is enough here.</summary>
    private static double Fraction(YamlNode node) => Text(node).Split('/') is [var over, var under] ? Number(node, over) / Number(node, under) : Number(node);

    private static double[] Numbers(YamlNode node) => node is YamlSequenceNode list ? [.. list.Select(Number)] : throw Wrong(node, "there must be a list of numbers");

    private static ImageSize Size(YamlNode node) => node is not YamlSequenceNode list ? new ImageSize(Whole(node), Whole(node))
        : list.Children.Count == 2 ? new ImageSize(Whole(list[0]), Whole(list[1]))
        : throw Wrong(node, "a size is a whole number, or a list of width and height");

    private static PreprocessingException Wrong(YamlNode node, string what) => new(string.Create(CultureInfo.InvariantCulture, $"line {node.Start.Line}: {what}."));
}
