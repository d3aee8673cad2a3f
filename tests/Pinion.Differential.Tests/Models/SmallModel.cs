namespace Pinion.Differential.Tests;

/// <summary>A model of conversions.txt, and the outputs of its nodes that stay FP32.</summary>
internal sealed record SmallModel(string Name, IReadOnlyList<string> Fp32)
{
    public static string Source => Path.Combine(AppContext.BaseDirectory, "Models", "conversions.txt");

    public static IReadOnlyList<SmallModel> All { get; } =
        [.. File.ReadLines(Source).Where(line => line.StartsWith("= ", StringComparison.Ordinal)).Select(line => line.Split(' ')).Select(words => new SmallModel(words[1], words[3..]))];

    public override string ToString() => Name;
}
