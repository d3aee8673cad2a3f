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

    /// <summary>In trtexec's manner, <c>min=1x3,opt=4x3,max=8x3</c>.</summary>
    public override string ToString() => $"min={Min},opt={Opt},max={Max}";
}
