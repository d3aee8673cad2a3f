namespace Pinion.Hosting;

/// <summary>The inputs' shapes of requests that may share a batch: padded where asked for, the batch as 1. Immutable.</summary>
internal sealed class ShapeKey : IEquatable<ShapeKey>
{
    private readonly TensorShape[] _shapes;
    private readonly int _hash;

    public ShapeKey(ReadOnlySpan<TensorShape> shapes)
    {
        _shapes = shapes.ToArray();
        _hash = Hash(shapes);
    }

    public ReadOnlySpan<TensorShape> Shapes => _shapes;

    public static int Hash(ReadOnlySpan<TensorShape> shapes)
    {
        HashCode hash = default;
        foreach (ref readonly TensorShape shape in shapes)
        {
            for (int i = 0; i < shape.Rank; i++)
            {
                hash.Add(shape[i]);
            }
        }

        return hash.ToHashCode();
    }

    public bool Matches(ReadOnlySpan<TensorShape> shapes) => shapes.SequenceEqual(_shapes);

    public bool Equals(ShapeKey? other) => ReferenceEquals(this, other) || (other is not null && other._hash == _hash && Matches(other._shapes));

    public override bool Equals(object? obj) => Equals(obj as ShapeKey);

    public override int GetHashCode() => _hash;

    public override string ToString() => string.Join(", ", _shapes);
}
