namespace Pinion.Zoo.Tests;

/// <summary>Values of one image. There is no data where only shapes are wanted.</summary>
internal sealed class RefTensor(double[]? data, params int[] shape)
{
    public double[] Data => data ?? throw new InvalidOperationException("only the shape is known");

    public bool HasData => data is not null;

    public int[] Shape => shape;

    public int this[Index axis] => shape[axis];
}
