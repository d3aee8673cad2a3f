namespace Pinion.Zoo;

/// <summary>A float32 value in the graph. The shape is that of one image: the first dimension grows with the batch.</summary>
internal sealed class Tensor(string name, params int[] shape)
{
    public string Name { get; } = name;

    public IReadOnlyList<int> Shape { get; } = shape;

    public int Rank => shape.Length;

    /// <summary>Elements for one image.</summary>
    public long Elements => shape.Aggregate(1L, (product, d) => product * d);

    public bool HasShape(params ReadOnlySpan<int> other) => other.SequenceEqual(shape);

    public override string ToString() => $"{Name} [{string.Join(',', shape)}]";
}
