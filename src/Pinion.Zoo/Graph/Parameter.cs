namespace Pinion.Zoo;

/// <summary>A tensor of the state dict: its exact name and shape, and how to make it up when no weights are given.</summary>
internal sealed record Parameter(string Name, IReadOnlyList<int> Shape, WeightInit Init)
{
    public long Elements { get; } = Shape.Aggregate(1L, (product, d) => product * d);

    public long Bytes => Elements * sizeof(float);
}
