namespace Pinion.Onnx;

/// <summary>What is known of a value without running the model. Null stands for unknown throughout.</summary>
internal sealed record OnnxValue
{
    /// <summary>Nothing is known.</summary>
    public static OnnxValue Unknown { get; } = new();

    /// <summary>The dimensions, each of which may be unknown.</summary>
    public IReadOnlyList<long?>? Shape { get; init; }

    /// <summary>The value is the same for every input.</summary>
    public bool IsConstant { get; init; }

    /// <summary>Contents of a small integer vector or scalar, such as the shape a Reshape takes.</summary>
    public IReadOnlyList<long?>? Integers { get; init; }

    /// <summary>Contents of a small constant of floats, such as the scales of a Resize.</summary>
    public IReadOnlyList<float>? Floats { get; init; }

    public int? Rank => Shape?.Count;

    /// <summary>Number of elements, if every dimension is known.</summary>
    public long? Elements => Product(Shape);

    public static OnnxValue Of(IEnumerable<long?>? shape) => new() { Shape = shape is null ? null : [.. shape] };

    public static OnnxValue Vector(IReadOnlyList<long?> integers) => new() { Shape = [integers.Count], Integers = integers };

    public static OnnxValue Scalar(long? integer) => new() { Shape = [], Integers = [integer] };

    public static long? Product(IEnumerable<long?>? dims)
    {
        if (dims is null)
        {
            return null;
        }

        Int128 product = 1;
        foreach (long? d in dims)
        {
            product *= d ?? -1;
            if (product < 0 || product > long.MaxValue)
            {
                return null;
            }
        }

        return (long)product;
    }

    /// <summary>A dimension counted from the front, or from the back if negative.</summary>
    public long? Dim(int axis) => Shape is { } shape && (axis < 0 ? axis + shape.Count : axis) is var at && at >= 0 && at < shape.Count ? shape[at] : null;

    /// <summary>Whether the tensor is of an integer type that shapes are made of.</summary>
    public static bool IsIndexType(int type) => type is (int)OnnxType.Int64 or (int)OnnxType.Int32;
}
