namespace Pinion;

/// <summary>The shapes of one input that an optimization profile admits, and the one it is tuned for.</summary>
/// <param name="Min">The smallest, dimension by dimension.</param>
/// <param name="Opt">The one that the builder tunes for.</param>
/// <param name="Max">The largest, dimension by dimension.</param>
public sealed record ShapeRange(TensorShape Min, TensorShape Opt, TensorShape Max)
{
    /// <summary>Whether a shape has the right rank and every dimension lies within the range.</summary>
    public bool Contains(TensorShape shape)
    {
        if (shape.Rank != Min.Rank)
        {
            return false;
        }

        for (int i = 0; i < shape.Rank; i++)
        {
            if (shape[i] < Min[i] || shape[i] > Max[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The range of all of some shapes, tuned for the largest.</summary>
    /// <param name="shapes">At least one; all of one rank.</param>
    /// <exception cref="ArgumentException">There is none, or their ranks differ.</exception>
    public static ShapeRange Covering(IReadOnlyList<TensorShape> shapes)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        if (shapes.Count == 0 || shapes.Any(s => s.Rank != shapes[0].Rank))
        {
            throw TensorErrors.NoCommonRank(shapes, nameof(shapes));
        }

        (TensorShape min, TensorShape max) = (shapes[0], shapes[0]);
        foreach (TensorShape shape in shapes)
        {
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                min = min.With(axis, Math.Min(min[axis], shape[axis]));
                max = max.With(axis, Math.Max(max[axis], shape[axis]));
            }
        }

        return new ShapeRange(min, max, max);
    }

    /// <summary>In trtexec's manner, <c>min=1x3,opt=4x3,max=8x3</c>.</summary>
    public override string ToString() => $"min={Min},opt={Opt},max={Max}";
}
