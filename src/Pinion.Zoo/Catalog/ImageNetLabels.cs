namespace Pinion.Zoo;

/// <summary>The 1,000 classes of ImageNet, which the zoo's networks tell apart, as PaddleClas names them.</summary>
public static class ImageNetLabels
{
    private static readonly Lazy<IReadOnlyList<string>> Read = new(() =>
    {
        using var reader = new StreamReader(typeof(ImageNetLabels).Assembly.GetManifestResourceStream("imagenet1k_labels.txt")!);
        return reader.ReadToEnd().TrimEnd('\n').Split('\n');
    });

    /// <summary>By class, from 0.</summary>
    public static IReadOnlyList<string> Names => Read.Value;
}
