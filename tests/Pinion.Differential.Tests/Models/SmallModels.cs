namespace Pinion.Differential.Tests;

/// <summary>A model of conversions.txt, and the outputs of its nodes that stay FP32.</summary>
internal sealed record SmallModel(string Name, int Opset, IReadOnlyList<string> Fp32)
{
    public static string Source => Path.Combine(AppContext.BaseDirectory, "Models", "conversions.txt");

    public static IReadOnlyList<SmallModel> All { get; } =
        [.. File.ReadLines(Source).Where(line => line.StartsWith("= ", StringComparison.Ordinal)).Select(line => line.Split(' ')).Select(w => new SmallModel(w[1], int.Parse(w[2], System.Globalization.CultureInfo.InvariantCulture), w[3..]))];

    public override string ToString() => Name;
}
